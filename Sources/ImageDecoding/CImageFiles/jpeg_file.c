#include "image_files.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

struct failure {
    struct jpeg_error_mgr manager;
    jmp_buf place;
    char *message;
};

static void fail(j_common_ptr info) {
    struct failure *failure = (struct failure *)info->err;
    char text[JMSG_LENGTH_MAX];
    info->err->format_message(info, text);
    strncpy(failure->message, text, IMAGE_MESSAGE_SIZE - 1);
    failure->message[IMAGE_MESSAGE_SIZE - 1] = 0;
    longjmp(failure->place, 1);
}

// A warning means damaged data, which libjpeg would paint over in grey. Negative levels are warnings.
static void warn(j_common_ptr info, int level) {
    if (level < 0) fail(info);
}

// A progressive file may announce scans without end, each of which costs a pass over the whole picture.
static void bound_scans(j_common_ptr info) {
    if (((j_decompress_ptr)info)->input_scan_number > 100) ERREXIT(info, JERR_BAD_PROGRESSION);
}

bool image_jpeg_read(
    const uint8_t *bytes, size_t count, struct image_size *size, uint8_t *pixels, char message[IMAGE_MESSAGE_SIZE]) {
    struct jpeg_decompress_struct info;
    struct failure failure;
    struct jpeg_progress_mgr progress;
    info.err = jpeg_std_error(&failure.manager);
    failure.manager.error_exit = fail;
    failure.manager.emit_message = warn;
    failure.message = message;
    if (setjmp(failure.place)) {
        jpeg_destroy_decompress(&info);
        return false;
    }
    jpeg_create_decompress(&info);
    memset(&progress, 0, sizeof progress);
    progress.progress_monitor = bound_scans;
    info.progress = &progress;
    jpeg_mem_src(&info, bytes, count);
    jpeg_read_header(&info, TRUE);
    switch (info.jpeg_color_space) {
    case JCS_GRAYSCALE: info.out_color_space = JCS_GRAYSCALE; break;
    case JCS_RGB:
    case JCS_YCbCr: info.out_color_space = JCS_RGB; break;
    default: ERREXIT(&info, JERR_CONVERSION_NOTIMPL);
    }
    size->width = info.image_width;
    size->height = info.image_height;
    size->channels = info.out_color_space == JCS_GRAYSCALE ? 1 : 3;
    if (pixels != NULL) {
        jpeg_start_decompress(&info);
        const size_t row = (size_t)size->width * size->channels;
        while (info.output_scanline < info.output_height) {
            JSAMPROW target = pixels + info.output_scanline * row;
            jpeg_read_scanlines(&info, &target, 1);
        }
        jpeg_finish_decompress(&info);
    }
    jpeg_destroy_decompress(&info);
    return true;
}
