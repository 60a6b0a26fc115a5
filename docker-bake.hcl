# Every image that is built here, once, for a laptop, CI and a release alike: `make images`.
#
#   scripts/run/stack/bake.sh            all four
#   scripts/run/stack/bake.sh api        one
#   scripts/run/stack/bake.sh --print    what would be built, as JSON; scripts/images reads the same
#
# The script asks Compose for the tag: bake reads neither .env nor the Compose project's name.
# `docker compose build` makes the same images under the same names; tests/unit/test_workflows_bake.py holds the two together.

variable "IMAGE_TAG" {
  default = "local"
}

# `make images` takes the version from pyproject.toml and the revision from git.
variable "VERSION" {
  default = "local"
}

variable "REVISION" {
  default = ""
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
