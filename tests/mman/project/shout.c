// A program of somebody else, which writes through a mapping: it turns a file into capitals.

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char *argv[]) {
    struct stat status;
    int fd = open(argv[argc - 1], O_RDWR);
    if (fd < 0 || fstat(fd, &status) != 0) {
        perror("open");
        return 1;
    }
    size_t size = (size_t)status.st_size;
    if ((off_t)size != status.st_size) {
        errno = EFBIG;
        perror("mmap");
        return 1;
    }
    char *text = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (text == MAP_FAILED) {
        perror("mmap");
        return 1;
    }
    for (size_t i = 0; i < size; i++) {
        text[i] = (char)toupper((unsigned char)text[i]);
    }
    return munmap(text, size) != 0 || close(fd) != 0;
}
