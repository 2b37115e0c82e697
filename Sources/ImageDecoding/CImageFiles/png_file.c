#include "image_files.h"

#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

struct source {
    const uint8_t *bytes;
    size_t count;
    size_t position;
    char *message;
};

static void read_bytes(png_structp png, png_bytep target, size_t count) {
    struct source *source = png_get_io_ptr(png);
    if (count > source->count - source->position) png_error(png, "the file is cut short");
    memcpy(target, source->bytes + source->position, count);
    source->position += count;
}

static void fail(png_structp png, png_const_charp message) {
    struct source *source = png_get_error_ptr(png);
    strncpy(source->message, message, IMAGE_MESSAGE_SIZE - 1);
    source->message[IMAGE_MESSAGE_SIZE - 1] = 0;
    longjmp(png_jmpbuf(png), 1);
}

static void ignore(png_structp png, png_const_charp message) {
    (void)png;
    (void)message;
}

bool image_png_read(
    const uint8_t *bytes, size_t count, struct image_size *size, uint8_t *pixels, char message[IMAGE_MESSAGE_SIZE]) {
    struct source source = {bytes, count, 0, message};
    strcpy(message, "libpng has no memory");
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &source, fail, ignore);
    if (png == NULL) return false;
    png_infop info = png_create_info_struct(png);
    if (info == NULL) {
        png_destroy_read_struct(&png, NULL, NULL);
        return false;
    }
    png_bytep *volatile rows = NULL;
    if (setjmp(png_jmpbuf(png))) {
        free(rows);
        png_destroy_read_struct(&png, &info, NULL);
        return false;
    }
    png_set_read_fn(png, &source, read_bytes);
    png_read_info(png, info);
    png_set_scale_16(png);
    png_set_expand(png);
    png_set_interlace_handling(png);
    png_read_update_info(png, info);
    size->width = png_get_image_width(png, info);
    size->height = png_get_image_height(png, info);
    size->channels = png_get_channels(png, info);
    if (pixels != NULL) {
        const size_t row = png_get_rowbytes(png, info);
        rows = malloc(sizeof(png_bytep) * size->height);
        if (rows == NULL) png_error(png, "no memory for the rows");
        for (uint32_t y = 0; y < size->height; y++) rows[y] = pixels + y * row;
        png_read_image(png, rows);
        png_read_end(png, NULL);
        free(rows);
        rows = NULL;
    }
    png_destroy_read_struct(&png, &info, NULL);
    return true;
}
