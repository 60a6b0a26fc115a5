"""The measurements, one file each; every one gives bars."""
