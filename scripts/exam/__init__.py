"""The exam: public tables, unprepared, go from their file to served predictions, without an edit."""
