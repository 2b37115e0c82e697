#ifndef IMAGE_FILES_H
#define IMAGE_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// The size of a picture as it is decoded: rows of pixels, channels of eight bits interleaved.
struct image_size {
    uint32_t width;
    uint32_t height;
    uint32_t channels;
};

enum { IMAGE_MESSAGE_SIZE = 256 };

/// Reads the header of a PNG file and, where `pixels` is not null, its pixels.
///
/// `pixels` has room for height × width × channels bytes, as an earlier call without pixels told. False with the reason
/// in `message` for a broken file. Sixteen bits become eight, palettes colours, transparency a channel; gamma and
/// colour profiles are not applied.
bool image_png_read(
    const uint8_t *bytes, size_t count, struct image_size *size, uint8_t *pixels, char message[IMAGE_MESSAGE_SIZE]);

/// The same for a JPEG file: one channel or RGB. Orientation tags are not applied. Damaged data are refused.
bool image_jpeg_read(
    const uint8_t *bytes, size_t count, struct image_size *size, uint8_t *pixels, char message[IMAGE_MESSAGE_SIZE]);

#endif
