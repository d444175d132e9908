#!/usr/bin/env bash
# One run on several nodes, a process a node with all its GPUs, in the project's image:
#   apptainer build artgan.sif docker-daemon:artgan:latest
#   sbatch --nodes 4 deploy/slurm.sh improved/wikiart-genre --data tfrecords:/data/wikiart-genre
# RUNS and DATA are folders that all nodes see, mounted as /runs and /data; IMAGE is the .sif file.
# train.batch_size is that of all GPUs together, and must divide among them.
#SBATCH --job-name=artgan
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --gpus-per-node=1
#SBATCH --cpus-per-task=8
#SBATCH --time=24:00:00
#SBATCH --output=artgan-%j.log
# Two minutes before the time is over `fit` saves and ends; the same sbatch goes on there, as the job
# does by itself after a node was lost.
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

# `fit` reads from SLURM's variables who the others are. A task that fails ends the step, for the
# others would wait for it.
srun --kill-on-bad-exit=1 --distribution=block \
  apptainer run --nv --no-home --pwd / --env ARTGAN_RUNS=/runs \
  --bind "$runs:/runs" --bind "$data:/data" "${IMAGE:-artgan.sif}" \
  fit "$@" --strategy multiworker
