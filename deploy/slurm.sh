#!/usr/bin/env bash
# Trains one run on several nodes, one process per node for all of its GPUs, in the project's image:
#   apptainer build artgan.sif docker-daemon:artgan:latest
#   sbatch --nodes 4 deploy/slurm.sh improved/wikiart-genre --data tfrecords:/data/wikiart-genre
# RUNS and DATA are folders that all nodes can access, mounted as /runs and /data; IMAGE is the .sif
# file. train.batch_size is the batch of all GPUs together, and must be divisible by their number.
#SBATCH --job-name=artgan
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --gpus-per-node=1
#SBATCH --cpus-per-task=8
#SBATCH --time=24:00:00
#SBATCH --output=artgan-%j.log
# Two minutes before the time limit, `fit` saves and ends; the same sbatch command resumes it. After
# the loss of a node, the job is requeued and resumes by itself.
#SBATCH --signal=TERM@120
#SBATCH --requeue
#SBATCH --open-mode=append
set -euo pipefail

if [ "$#" = 0 ]; then
  echo "usage: sbatch deploy/slurm.sh PRESET [OPTION OF artgan fit ...]" >&2
  exit 2
fi
runs=${RUNS:-$PWD/runs}
data=${DATA:-$PWD/data}
mkdir -p "$runs"

# `fit` finds the other processes through SLURM's variables. A failed task ends the step, because
# the others would wait for it forever.
srun --kill-on-bad-exit=1 --distribution=block \
  apptainer run --nv --no-home --pwd / --env ARTGAN_RUNS=/runs \
  --bind "$runs:/runs" --bind "$data:/data" "${IMAGE:-artgan.sif}" \
  fit "$@" --strategy multiworker
