"""How the bundled model is made: fine-tune, then export. The only part of Voxpop that needs PyTorch."""
