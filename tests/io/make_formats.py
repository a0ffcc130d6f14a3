"""Writes JPEG, TIFF and FITS files of every kind with tifffile, astropy, imageio and Pillow, and beside
each the NPY file that a reader must get.

Usage: make_formats.py FOLDER

FOLDER/cases.txt has a line for each: the name to read (with its page), the sample type (u8, u16, f32,
f64), the largest difference allowed, the twin's name, and what the picture's notes must hold, with _
for blanks and - for nothing. FOLDER/refused.txt has a name and a part of the message.
"""
import sys
import warnings
from pathlib import Path

import imageio
import numpy as np
import tifffile
from astropy.io import fits
from PIL import Image

images = getattr(imageio, "v2", imageio)

FULL = {"uint8": 255, "uint16": 65535, "uint32": 2**32 - 1, "int8": 127, "int16": 32767,
        "int32": 2**31 - 1}
SAMPLE = {"uint8": "u8", "uint16": "u16", "uint32": "f64", "int8": "f32", "int16": "i16",
          "int32": "f64", "float32": "f32", "float64": "f64"}
TYPE = {"u8": "float32", "u16": "float32", "f32": "float32", "f64": "float64", "i16": "float32"}
random = np.random.default_rng(20111)


class Folder:
    def __init__(self, path):
        self.path = Path(path)
        self.path.mkdir(parents=True, exist_ok=True)
        self.cases, self.refused = [], []

    def file(self, name):
        return str(self.path / name)

    def add(self, name, sample, values, tolerance=0.0, note="-"):
        twin = name.replace("[", "-").replace("]", "") + ".npy"
        with np.errstate(over="ignore"):
            np.save(self.file(twin), np.asarray(values).astype(TYPE[sample]))
        self.cases.append(f"{name} {sample} {tolerance} {twin} {note}")

    def refuse(self, name, message):
        self.refused.append(f"{name} {message}")

    def finish(self):
        self.path.joinpath("cases.txt").write_text("".join(f"{line}\n" for line in self.cases))
        self.path.joinpath("refused.txt").write_text("".join(f"{line}\n" for line in self.refused))
        print(f"{len(self.cases)} files, {len(self.refused)} that are refused")


def samples(shape, dtype):
    """Every bit pattern for integers; for real numbers also those that are no numbers."""
    dtype = np.dtype(dtype)
    if dtype.kind in "ui":
        info = np.iinfo(dtype)
        return random.integers(info.min, info.max, shape, dtype, endpoint=True)
    values = random.normal(size=shape).astype(dtype)
    flat = values.reshape(-1)
    special = [np.inf, -np.inf, np.nan, -0.0, np.finfo(dtype).tiny / 8, np.finfo(dtype).max]
    flat[:min(len(special), flat.size)] = special[:flat.size]
    return values


def scaled(array):
    """What a picture holds: integers by their full range."""
    return array.astype("float64") / FULL.get(array.dtype.name, 1)


# --- TIFF ----------------------------------------------------------------------------------------

def write_tiff(folder, name, array, expected=None, note="-", sample=None, **options):
    options.setdefault("photometric", "rgb" if array.ndim == 3 and not options.get("planarconfig")
                       and array.shape[-1] in (3, 4) else "minisblack")
    options.setdefault("metadata", None)
    tifffile.imwrite(folder.file(name), array, **options)
    expected = scaled(array) if expected is None else expected
    folder.add(name, sample or SAMPLE[array.dtype.name], expected, note=note)


def tiff_cases(folder):
    for dtype in SAMPLE:
        for shape in [(7, 5), (33, 20), (1, 1), (20, 33, 3), (16, 17, 4)]:
            array = samples(shape, dtype)
            name = f"{dtype}-{'x'.join(map(str, shape))}"
            extra = {"extrasamples": ["unassalpha"]} if shape[-1] == 4 and len(shape) == 3 else {}
            write_tiff(folder, name + ".tif", array, **extra)
            write_tiff(folder, name + "-big-endian.tif", array, byteorder=">", **extra)
            write_tiff(folder, name + "-tiles.tif", array, tile=(16, 16), **extra)
            write_tiff(folder, name + "-strips.tif", array, rowsperstrip=3, bigtiff=True, **extra)
            write_tiff(folder, name + "-zlib.tif", array, compression="zlib", **extra)
    for dtype in ("uint8", "int16", "float32"):
        for count, name in [(3, "planar3"), (4, "planar4")]:
            array = samples((count, 21, 34), dtype)
            for suffix, options in [("", {}), ("-tiles", {"tile": (16, 32)}),
                                    ("-strips", {"rowsperstrip": 4})]:
                write_tiff(folder, f"{dtype}-{name}{suffix}.tif", array,
                           scaled(array).transpose(1, 2, 0), photometric="rgb",
                           planarconfig="separate",
                           extrasamples=["unassalpha"] if count == 4 else None, **options)
    for dtype in ("uint8", "uint16"):
        array = samples((9, 14), dtype)
        write_tiff(folder, f"{dtype}-white.tif", array, 1 - scaled(array), photometric="miniswhite")
    grey_alpha = samples((9, 14, 2), "uint16")
    write_tiff(folder, "grey-alpha.tif", grey_alpha, extrasamples=["unassalpha"],
               planarconfig="contig")


def premultiplied_case(folder):
    array = samples((12, 11, 4), "uint16")
    array[0, :, 3] = 0
    expected = scaled(array)
    # In float32, as the planes are.
    planes = expected.astype("float32").astype("float64")
    alpha = planes[..., 3:]
    expected[..., :3] = np.where(alpha > 0, planes[..., :3] / np.where(alpha > 0, alpha, 1),
                                 planes[..., :3])
    write_tiff(folder, "premultiplied.tif", array, expected, extrasamples=["assocalpha"])


def palette_cases(folder):
    indices = samples((13, 10), "uint8")
    wide = random.integers(0, 65536, (3, 256), "uint16")
    narrow = random.integers(0, 256, (3, 256), "uint16") * 257
    write_tiff(folder, "palette16.tif", indices, wide[:, indices].transpose(1, 2, 0) / 65535,
               photometric="palette", colormap=wide, sample="u16")
    write_tiff(folder, "palette8.tif", indices, narrow[:, indices].transpose(1, 2, 0) / 65535,
               photometric="palette", colormap=narrow.astype("uint16"), sample="u8")


def pillow_tiffs(folder):
    """Compressions that tifffile has not by itself, one bit a sample, and tags."""
    grey, rgb = samples((40, 30), "uint8"), samples((40, 30, 3), "uint8")
    rgb[:, :15] = 7
    for compression in ("raw", "packbits", "tiff_lzw", "tiff_adobe_deflate"):
        for array, name in [(grey, "grey"), (rgb, "rgb")]:
            file = f"pillow-{name}-{compression}.tif"
            Image.fromarray(array).save(folder.file(file), compression=compression)
            folder.add(file, "u8", scaled(array))
    bits = samples((21, 35), "uint8") > 127
    for compression in ("raw", "group3", "group4"):
        file = f"bits-{compression}.tif"
        Image.fromarray(bits).save(folder.file(file), compression=compression)
        folder.add(file, "u8", bits.astype("float64"))
    smooth = np.tile(np.arange(64, dtype="uint8"), (64, 1))
    for array, name in [(smooth, "grey"), (np.stack([smooth, 255 - smooth, smooth // 2], -1), "rgb")]:
        file = f"jpeg-{name}.tif"
        Image.fromarray(array).save(folder.file(file), compression="jpeg", quality=95)
        folder.add(file, "u8", scaled(np.asarray(Image.open(folder.file(file)))), 0.01,
                   "compressed_by_JPEG_may_be_lossy")
    Image.fromarray(grey).save(folder.file("turned.tif"), tiffinfo={274: 6})
    folder.add("turned.tif", "u8", scaled(grey), note="turned_clockwise")


def paged_tiffs(folder):
    pages = [samples((6, 9), "uint8"), samples((7, 8, 3), "uint16"), samples((5, 4), "float32")]
    with tifffile.TiffWriter(folder.file("pages.tif")) as writer:
        for i, page in enumerate(pages):
            thumbnail = np.zeros_like(page[::2, ::2], "uint8")
            writer.write(page, photometric="rgb" if page.ndim == 3 else "minisblack", metadata=None)
            if i < 2:
                writer.write(thumbnail, subfiletype=1, metadata=None,
                             photometric="rgb" if page.ndim == 3 else "minisblack")
    folder.add("pages.tif", "u8", scaled(pages[0]), note="it_has_3_pages")
    for i, page in enumerate(pages):
        folder.add(f"pages.tif[{i}]", SAMPLE[page.dtype.name], scaled(page))
    folder.refuse("pages.tif[3]", "has 3 pages, counted from [0]")


def refused_tiffs(folder):
    def write(name, array, message, **options):
        tifffile.imwrite(folder.file(name), array, metadata=None, **options)
        folder.refuse(name, message)

    grey = samples((9, 7), "uint8")
    write("half.tif", samples((9, 7), "float16"), "holds real samples of 16 bits")
    write("complex.tif", np.full((9, 7), 1j), "holds complex samples of 128 bits")
    write("long.tif", samples((9, 7), "uint64"), "holds unsigned samples of 64 bits")
    write("five.tif", samples((9, 7, 5), "uint8"), "has 5 channels", planarconfig="contig",
          photometric="minisblack")
    write("white-float.tif", samples((9, 7), "float32"), "says that 0 is white",
          photometric="miniswhite")
    write("thumbnail.tif", grey, "has 0 pages", subfiletype=1)
    write("lab.tif", samples((9, 7, 3), "uint8"), "has colours of TIFF's kind 8",
          photometric="cielab")


def stacks(folder):
    """A stack of three sharp pictures and one of what a known kernel makes of them."""
    kernel = random.random((5, 5))
    kernel /= kernel.sum()
    sharp = random.random((3, 40, 44)).astype("float32")
    blurred = np.zeros((3, 36, 40))
    for i in range(5):
        for j in range(5):
            blurred += kernel[i, j] * sharp[:, 4 - i:40 - i, 4 - j:44 - j]
    np.save(folder.file("stack-kernel.npy"), kernel)
    for name, pages in [("stack-sharp.tif", sharp), ("stack-blurred.tif", blurred),
                        ("stack-short.tif", blurred[:2])]:
        tifffile.imwrite(folder.file(name), pages, photometric="minisblack", metadata=None)


def imagej_stacks(folder):
    """ImageJ's stacks of over 4 GB: one page, and the other planes behind its samples."""
    planes = samples((3, 6, 9), "uint16")
    name = folder.file("imagej.tif")
    tifffile.imwrite(name, planes[0], description="ImageJ=1.53k\nimages=3\nslices=3\n",
                     metadata=None)
    with open(name, "ab") as file:
        file.write(planes[1:].tobytes())
    folder.refuse("imagej.tif", "is an ImageJ stack of 3 planes behind a single page")
    folder.add("imagej.tif[0]", "u16", scaled(planes[0]))
    tifffile.imwrite(folder.file("imagej-pages.tif"), planes[:2], imagej=True)
    folder.add("imagej-pages.tif[1]", "u16", scaled(planes[1]))


# --- FITS ----------------------------------------------------------------------------------------

def write_fits(folder, name, hdus):
    hdus = hdus if isinstance(hdus, list) else [hdus]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fits.HDUList(hdus).writeto(folder.file(name), overwrite=True)


def fits_cases(folder):
    note = "FITS,_physical_values"
    for dtype, sample in [("uint8", "f32"), ("int16", "i16"), ("uint16", "f32"), ("int32", "f64"),
                          ("uint32", "f64"), ("int64", "f64"), ("float32", "f32"),
                          ("float64", "f64")]:
        for shape in [(7, 5), (1, 1), (40, 33), (3, 8, 9), (1, 8, 9), (1, 1, 8, 9)]:
            array = samples(shape, dtype)
            if dtype == "int64":
                array //= 2**12
            name = f"{dtype}-{'x'.join(map(str, shape))}.fits"
            write_fits(folder, name, fits.PrimaryHDU(array))
            planes = array.reshape(shape[-3:]) if shape[0] == 1 and len(shape) > 2 else array
            planes = planes[0] if planes.ndim == 3 and planes.shape[0] == 1 else planes
            folder.add(name, sample, planes.transpose(1, 2, 0) if planes.ndim == 3 else planes,
                       note=note)


def scaled_fits(folder):
    for dtype in ("uint8", "int16", "int32"):
        array = samples((11, 12), dtype)
        array[2, 3:7] = 77
        # As it is in the file: astropy would take the keywords for a wish.
        name = f"scaled-{dtype}.fits"
        write_fits(folder, name, fits.PrimaryHDU(array))
        with fits.open(folder.file(name), mode="update", do_not_scale_image_data=True) as found:
            found[0].header["BLANK"] = 77
            found[0].header["BSCALE"] = 0.37
            found[0].header["BZERO"] = -12.5
        values = array.astype("float64") * 0.37 - 12.5
        values[array == 77] = np.nan
        folder.add(name, "f64", values)


def physical(array, scale, zero, blank):
    """As astropy computes it from the file, in double; and the sample type a reader must choose."""
    kind, dtype = array.dtype.kind, array.dtype
    values = array.astype("float64") if kind == "i" or kind == "u" else array
    if dtype.name == "int64" and (scale, zero) == (1, 2.0**63):
        values = (array.view("uint64") ^ np.uint64(2**63)).astype("float64")
    elif (scale, zero) != (1, 0):
        with np.errstate(over="ignore"):
            values = values.astype("float64") * scale + zero
    if kind != "f" and blank is not None:
        values = np.where(array == blank, np.nan, values)
    if dtype.name == "float32":
        return values, "f32"
    if dtype.name == "int16" and (scale, zero, blank) == (1, 0, None):
        return values, "i16"
    ends = [] if dtype.name not in ("uint8", "int16") else sorted(
        scale * end + zero for end in (np.iinfo(dtype).min, np.iinfo(dtype).max))
    whole = float(scale).is_integer() and float(zero).is_integer()
    narrow = ends and whole and (-32768 <= ends[0] and ends[1] <= 32767 or
                                 0 <= ends[0] and ends[1] <= 65535)
    return values, "f32" if narrow else "f64"


def random_fits(folder):
    """Any type, shape, scale, blank and place in the file, among cards that mean nothing here."""
    scales = [(1, 0), (1, 0), (0.37, -12.5), (-2.5, 1e10), (2, 0), (-1, -1), (1, 32768), (1, -128),
              (1, 2.0**31), (1, 2.0**63), (1e-3, 7)]
    for number in range(150):
        dtype = random.choice(["uint8", "int16", "int32", "int64", "float32", "float64"])
        shape = tuple(random.integers(1, 40, 2))
        shape = ((3,) if random.random() < 0.3 else ()) + shape
        shape = (1,) * random.integers(0, 4) + shape
        array = samples(shape, dtype)
        hdu = fits.ImageHDU(array)
        hdus = [fits.PrimaryHDU(), hdu]
        for _ in range(random.integers(0, 3)):
            hdus.insert(1, fits.BinTableHDU.from_columns(
                [fits.Column("a", "PE()", array=np.array([np.arange(5.0), np.arange(7.0)], object))]))
        if random.random() < 0.4:
            hdus = [fits.PrimaryHDU(array)]
        name = f"random-{number}.fits"
        write_fits(folder, name, hdus)
        scale, zero = scales[random.integers(len(scales))]
        blank = int(array.flat[random.integers(array.size)]) if array.dtype.kind != "f" else None
        blank = blank if random.random() < 0.5 else None
        with fits.open(folder.file(name), mode="update", do_not_scale_image_data=True) as found:
            header = found[-1].header
            for i in range(random.integers(0, 70)):
                header[f"HIERARCH ESO NO {i}"] = i
                header.add_history("END BSCALE  = 9 " * (i % 9))
            for key, value, default in [("BSCALE", scale, 1), ("BZERO", zero, 0),
                                        ("BLANK", blank, None)]:
                if value != default:
                    # astropy writes 16 digits of real numbers, and 2^63 has 19.
                    header[key] = int(value) if float(value).is_integer() else value
        values, sample = physical(array, scale, zero, blank)
        values = values.reshape(shape[-3:] if len(shape) > 2 and shape[-3] == 3 else shape[-2:])
        folder.add(name, sample, values.transpose(1, 2, 0) if values.ndim == 3 else values,
                   note="FITS,_physical_values")
        if array.dtype.kind != "f" and scale != 1:  # else astropy may keep integers
            data = fits.getdata(folder.file(name), len(hdus) - 1).reshape(values.shape)
            rounding = 1e-6 * (abs(zero) + abs(scale) * 2.0 ** (8 * array.itemsize))  # float32
            assert np.allclose(data, values, rtol=0, atol=rounding, equal_nan=True), name


def fits_extensions(folder):
    first, second = samples((6, 7), "float32"), samples((8, 9), "int16")
    table = fits.BinTableHDU.from_columns([fits.Column("a", "E", array=np.arange(4.0))])
    write_fits(folder, "extensions.fits",
               [fits.PrimaryHDU(), table, fits.ImageHDU(first), fits.ImageHDU(second)])
    folder.add("extensions.fits", "f32", first)
    folder.add("extensions.fits[2]", "f32", first)
    folder.add("extensions.fits[3]", "i16", second)
    named = [fits.PrimaryHDU(), fits.ImageHDU(first, name="SCI", ver=1),
             fits.ImageHDU(first + 1, name="Err", ver=1), fits.ImageHDU(second, name="SCI", ver=2)]
    write_fits(folder, "named.fits", named)
    folder.add("named.fits[SCI]", "f32", first)
    folder.add("named.fits[err]", "f32", first + 1)
    folder.add("named.fits[sci,2]", "i16", second)
    folder.refuse("named.fits[DQ]", "has this name; names and versions are: SCI,1 ERR,1 SCI,2")
    folder.refuse("named.fits[SCI,3]", "has this name")
    folder.refuse("extensions.fits[0]", "HDU 0 holds no image")
    folder.refuse("extensions.fits[1]", "HDU 1 holds no image")
    folder.refuse("extensions.fits[4]", "has 4 HDUs, counted from [0]")
    write_fits(folder, "table.fits", [fits.PrimaryHDU(), table])
    folder.refuse("table.fits", "none of its 2 HDUs holds an image")
    write_fits(folder, "line.fits", fits.PrimaryHDU(samples(9, "float32")))
    folder.refuse("line.fits", "a single line of 9 samples, which is no picture")
    write_fits(folder, "cube.fits", fits.PrimaryHDU(samples((5, 6, 7), "float32")))
    folder.refuse("cube.fits", "an image of 3 axes (7 x 6 x 5)")
    grey = samples((30, 40), "int16")
    write_fits(folder, "rice.fits", [fits.PrimaryHDU(), fits.CompImageHDU(grey)])
    folder.refuse("rice.fits", "holds a tile-compressed image")


# --- JPEG ----------------------------------------------------------------------------------------

def jpeg_cases(folder):
    rows, cols = np.mgrid[0:61, 0:83]
    grey = (127 + 60 * np.sin(rows / 5) + 60 * np.cos(cols / 7)).astype("uint8")
    rgb = np.stack([grey, 255 - grey, grey[::-1]], -1)

    def add(name, note):
        folder.add(name, "u8", scaled(np.asarray(images.imread(folder.file(name)))), 2.01 / 255,
                   note)

    for quality in (1, 30, 50, 85, 95, 100):
        name = f"grey-{quality}.jpg"
        if quality < 100:  # imageio's limit is 95
            images.imwrite(folder.file(name), grey, quality=quality)
        else:
            Image.fromarray(grey).save(folder.file(name), quality=quality)
        add(name, f"JPEG_of_quality_{quality}_is_lossy")
    for subsampling in (0, 1, 2):
        for progressive in (False, True):
            name = f"rgb-{subsampling}-{int(progressive)}.jpg"
            Image.fromarray(rgb).save(folder.file(name), quality=80, subsampling=subsampling,
                                      progressive=progressive)
            add(name, "lower_resolution" if subsampling else "JPEG_of_quality_80")
    exif = Image.Exif()
    exif[274] = 8
    Image.fromarray(rgb).save(folder.file("turned.jpg"), quality=90, exif=exif)
    folder.add("turned.jpg", "u8", scaled(np.asarray(Image.open(folder.file("turned.jpg")))),
               2.01 / 255, "turned_counter-clockwise")  # imageio would turn it
    from PIL import ImageCms
    for space, word in [("sRGB", "ICC_profile_sRGB"), ("LAB", "ICC_profile_Lab")]:
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile(space))
        name = f"profile-{space}.jpg"
        Image.fromarray(rgb).save(folder.file(name), icc_profile=profile.tobytes())
        add(name, word)
    steps = [max(1, (7 * i) % 50) for i in range(64)]
    Image.fromarray(grey).save(folder.file("steps.jpg"), qtables=[steps])
    add("steps.jpg", "JPEG_of_quality_about")
    Image.fromarray(np.stack([grey] * 4, -1), "CMYK").save(folder.file("cmyk.jpg"))
    folder.refuse("cmyk.jpg", "is a CMYK JPEG")
    folder.refuse("grey-50.jpg[0]", "is a JPEG file, which has no pages: leave out [0]")


# --- PNG: what the chunks say --------------------------------------------------------------------

def png_notes(folder):
    import struct
    import zlib

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(
            ">I", zlib.crc32(name + data))

    grey = samples((5, 6), "uint8")
    Image.fromarray(grey).save(folder.file("plain.png"))
    plain = Path(folder.file("plain.png")).read_bytes()
    profile = b"Dot Gain 20%\0\0" + zlib.compress(b"no profile at all")
    srgb, gamma = chunk(b"sRGB", b"\0"), chunk(b"gAMA", struct.pack(">I", 45455))
    linear = chunk(b"gAMA", struct.pack(">I", 100000))
    exif = chunk(b"eXIf", b"MM\0*\0\0\0\x08\0\1\x01\x12\0\3\0\0\0\1\0\3\0\0\0\0\0\0")
    for name, chunks, note in [
            ("srgb", srgb + gamma, "color=sRGB"), ("gamma", gamma, "color=gamma_1/2.2"),
            ("linear", linear, "other=gamma_1"),
            ("pq", chunk(b"cICP", b"\x09\x10\0\1") + srgb, "other=cICP_9/16/0/1"),
            ("cicp-srgb", chunk(b"cICP", b"\x01\x0d\0\1") + linear, "color=cICP_1/13/0/1"),
            ("profile", chunk(b"iCCP", profile) + srgb, "other=ICC_profile_Dot_Gain_20%"),
            ("profile-srgb", chunk(b"iCCP", b"sRGB IEC61966-2.1\0\0x"),
             "color=ICC_profile_sRGB_IEC61966-2.1"),
            ("bad-chunks", chunk(b"cICP", b"\x09") + chunk(b"gAMA", b"\0\0\0\0") +
             chunk(b"iCCP", b"unended"), "-"), ("exif", exif, "turned_by_180_degrees")]:
        Path(folder.file(f"{name}.png")).write_bytes(plain[:33] + chunks + plain[33:])
        folder.add(f"{name}.png", "u8", scaled(grey), note=note)
    folder.refuse("plain.png[1]", "is a PNG file, which has no pages: leave out [1]")
    bracketed = folder.file("whole[2]")
    Path(bracketed).write_bytes(plain)
    folder.add("whole[2]", "u8", scaled(grey))


def main():
    folder = Folder(sys.argv[1])
    for make in (tiff_cases, premultiplied_case, palette_cases, pillow_tiffs, paged_tiffs,
                 refused_tiffs, stacks, imagej_stacks, fits_cases, scaled_fits, random_fits,
                 fits_extensions, jpeg_cases,
                 png_notes):
        make(folder)
    folder.finish()


main()
