"""The sizes and colours of a sheet."""

COLUMNS, INCHES_WIDE, ROW_INCHES, TITLE_INCHES = 24, 13.0, 0.27, 0.5
INK, FAINT, GRID = "#1f2430", "#7a8190", "#e6e8ee"
COLOURS = ("#3274d9", "#e0752d", "#2f9e5f", "#8f3bb8", "#c4162a", "#00838f", "#b8860b", "#6b7280")
LEVELS = {"green": "#2f9e5f", "yellow": "#d3a017", "orange": "#e0752d", "red": "#c4162a"}
