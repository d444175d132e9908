# ArtGAN on a CPU. For a GPU, use `docker run --gpus all` and one of these build options:
#   --build-arg "TENSORFLOW=tensorflow[and-cuda]"
#   --build-arg TENSORFLOW=tensorflow --build-arg BASE=nvidia/cuda:12.6.3-cudnn-runtime-ubuntu24.04
ARG BASE=python:3.11.14-slim-bookworm

FROM ${BASE} AS python
# CUDA's images lack Python, so it is installed in the version of their distribution.
# hadolint ignore=DL3008
RUN command -v python3 \
  || { apt-get update \
    && apt-get install -y --no-install-recommends python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*; }

FROM python AS build
ARG TENSORFLOW=tensorflow-cpu
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PATH=/opt/artgan/bin:$PATH
WORKDIR /src
COPY requirements.txt requirements-features.txt deploy/constraints.txt ./
# tensorflow-serving-api requires `tensorflow` by name, so it is installed without dependencies.
# Files that are needed only to compile against TensorFlow are removed here and below.
RUN python3 -m venv /opt/artgan \
  && sed -i "s/^tensorflow~=/${TENSORFLOW}~=/" requirements.txt \
  && grep -v '^tensorflow-serving-api' requirements.txt > most.txt \
  && grep '^tensorflow-serving-api' requirements.txt > api.txt \
  && pip install -r most.txt -r requirements-features.txt -c constraints.txt \
  && pip install --no-deps -r api.txt -c constraints.txt \
  && rm -r /opt/artgan/lib/python3*/site-packages/tensorflow/include
COPY . .
RUN pip install --no-deps . && pip uninstall -y libclang pip

FROM python
# Any user may run the image; it writes only to the mounted folders and /tmp. The folders in / have
# the names that the documentation uses.
RUN mkdir -m 1777 /runs /data /models
COPY --from=build /opt/artgan /opt/artgan
ENV PATH=/opt/artgan/bin:$PATH \
  PYTHONUNBUFFERED=1 \
  HOME=/tmp \
  MPLCONFIGDIR=/tmp/matplotlib \
  ARTGAN_CACHE=/runs/.cache \
  TFDS_DATA_DIR=/data/tfds
WORKDIR /
USER 1000:1000
EXPOSE 8501
ENTRYPOINT ["artgan"]
CMD ["--help"]
