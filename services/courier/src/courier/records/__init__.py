"""The audit's records, as the journal spells them and as the store keeps them."""
