{forget_corrected}
