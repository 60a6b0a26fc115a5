"""The promotion gate: a challenger is compared with the champion before it is published."""
