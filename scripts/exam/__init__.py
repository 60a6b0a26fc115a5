"""The exam: public tables that nobody prepared go from their file to served predictions, without an edit."""
