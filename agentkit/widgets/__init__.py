"""Forms and live views. Widgets hold no logic: what each does is a plain class that works without a browser."""
