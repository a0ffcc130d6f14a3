/* How much of a pixel a shape covers, exactly: so the taps that shapes make are smooth functions of
 * their sizes and places. A pixel is a unit square round its centre. */
#ifndef CKN_ESTIMATE_PIXEL_AREA_H
#define CKN_ESTIMATE_PIXEL_AREA_H

/* Of the pixel at (x, y) by a disc of `radius` round (0, 0). */
double ckn_pixel_area_disc(double radius, double x, double y);

/* Of the pixel at (x, y) by a rectangle one pixel wide and `length` long round (0, 0), along the
 * direction (cosine, sine). */
double ckn_pixel_area_line(double length, double cosine, double sine, double x, double y);

/* Of the unit interval round x by [-half, half]. */
double ckn_pixel_length(double half, double x);

#endif
