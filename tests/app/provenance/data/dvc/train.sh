printf weights > model.bin
