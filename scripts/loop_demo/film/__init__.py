"""The loop in one moving picture: a real run on this machine's embedded platform, drawn as an animated SVG."""
