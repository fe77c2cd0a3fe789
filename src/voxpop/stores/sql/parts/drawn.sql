drawn
