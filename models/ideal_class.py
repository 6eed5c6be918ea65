"""Ideal-class pictures: from noise, uphill, to what a network takes for a class.

Gradient ascent on the picture, three ways. "plain" climbs on pixels: noise to us, certainty to the
network (Erhan et al. 2009; Simonyan et al. 2014). "variation" adds a total-variation loss, and the
noise turns into fur and stripes (Mahendran & Vedaldi 2015). "fourier" climbs on a Fourier spectrum
and looks at the picture through random views (Olah et al. 2017, "Feature visualization"), and a
person recognises the class.
"""
