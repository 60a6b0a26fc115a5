# The last step of a first start, before the server listens on the network; start.sh looks for the mark.
touch "$(dirname "$PGDATA")/initialised"
