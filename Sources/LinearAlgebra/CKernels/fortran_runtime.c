// The one function of gfortran's run-time library that OpenBLAS's LAPACK calls (dormtr, to join two option letters),
// so that linking OpenBLAS statically needs no Fortran on the build machine or where the executable runs.
#include <stddef.h>
#include <string.h>

// target = first // second, cut or padded with blanks to its length, as gfortran's libgfortran documents it.
__attribute__((weak)) void _gfortran_concat_string(size_t target_length, char *target, size_t first_length,
                                                   const char *first, size_t second_length, const char *second) {
    if (first_length >= target_length) {
        memcpy(target, first, target_length);
        return;
    }
    memcpy(target, first, first_length);
    const size_t room = target_length - first_length;
    const size_t taken = second_length < room ? second_length : room;
    memcpy(target + first_length, second, taken);
    memset(target + first_length + taken, ' ', room - taken);
}
