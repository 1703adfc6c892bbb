"""Which value would be right? One module per signal; what each says is scored against tags that are known."""
