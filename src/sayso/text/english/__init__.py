"""US English: written text -> spoken words -> the phoneme symbols the engine was trained on."""
