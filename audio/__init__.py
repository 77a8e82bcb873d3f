"""The prompt catalogue, values to words, voices and the sound store. Knows nothing else of ours."""
