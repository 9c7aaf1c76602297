// libpng: encodes an image that is computed here, decodes it, compares.
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static png_bytep paint(int size, int seed) {
    png_bytep pixels = malloc((size_t)size * (size_t)size * 3);
    if (!pixels) exit(1);
    for (int y = 0; y < size; y++)
        for (int x = 0; x < size; x++) {
            png_bytep p = pixels + 3 * (y * size + x);
            p[0] = (png_byte)(x * y / (seed + 64));
            p[1] = (png_byte)((x - y) * (x + y) / 512 + seed);
            p[2] = (png_byte)((x / 16 ^ y / 16) & 1 ? 255 - x % 7 : y % 5);
        }
    return pixels;
}

int main(int argc, char **argv) {
    int rounds = argc > 1 ? atoi(argv[1]) : 1;
    int size = argc > 2 ? atoi(argv[2]) : 64;
    unsigned sum = 0;
    for (int round = 0; round < rounds; round++) {
        png_bytep pixels = paint(size, round), again = malloc((size_t)size * (size_t)size * 3);
        png_image image = {.version = PNG_IMAGE_VERSION, .format = PNG_FORMAT_RGB};
        image.width = image.height = (png_uint_32)size;
        png_alloc_size_t room = PNG_IMAGE_PNG_SIZE_MAX(image);
        png_bytep file = malloc(room);
        if (!again || !file || !png_image_write_to_memory(&image, file, &room, 0, pixels, 0, 0)) return 1;
        png_image read = {.version = PNG_IMAGE_VERSION};
        if (!png_image_begin_read_from_memory(&read, file, room)) return 1;
        read.format = PNG_FORMAT_RGB;
        if (!png_image_finish_read(&read, 0, again, 0, 0)) return 1;
        if (memcmp(pixels, again, (size_t)size * (size_t)size * 3) != 0) return 1;
        sum = sum * 31 + (unsigned)room;
        free(pixels);
        free(again);
        free(file);
    }
    printf("png %08x\n", sum);
    return 0;
}
