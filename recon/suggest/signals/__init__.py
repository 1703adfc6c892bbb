"""The signals: a module each, with NAME, VERSION and suggest(). The folder is scanned; nothing is registered."""
