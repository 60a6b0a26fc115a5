# Every image that is built here, once, for a laptop, CI and a release alike: `make images`.
#
#   docker buildx bake            all four
#   docker buildx bake api        one
#   docker buildx bake --print    what would be built, as JSON; scripts/images reads the same
#
# `docker compose build` makes the same images under the same names; tests/unit/test_workflows_bake.py holds the two together.

variable "IMAGE_TAG" {
  default = "local"
}

# `make images` takes the version from pyproject.toml and the revision from git.
variable "VERSION" {
  default = "local"
}

variable "REVISION" {
  default = "unknown"
}

# Where the code lives, so that a registry can link an image to it; CI knows, a laptop need not.
variable "SOURCE" {
  default = ""
}

group "default" {
  targets = ["image"]
}

target "image" {
  name       = service
  matrix     = { service = ["api", "courier", "trainer", "mlflow"] }
  context    = "."
  dockerfile = "services/${service}/Dockerfile"
  args       = { VERSION = VERSION, REVISION = REVISION }
  labels     = SOURCE == "" ? {} : { "org.opencontainers.image.source" = SOURCE }
  tags       = ["mlops-iris/${service}:${IMAGE_TAG}"]
  # Into the engine, whichever builder builds: what is proved there is what is pushed.
  output = ["type=docker"]
}
