/// Copies a file in C++ with the class memory_map, which calls mmap() and munmap().
///
/// It maps the source and the target, and copies bytes from one mapping to the other. It maps one window of
/// each at a time, so its memory use does not grow with the file.

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <expected>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "memory_map.hpp"

namespace {

using mapped::failure;
using mapped::memory_map;
using mapped::result;

constexpr std::uint64_t window_size = UINT64_C(1024) * 1024;

/// Rejects a target that must not be truncated: the source itself, under any name, and anything that is not a
/// regular file.
result<void> check_target(const memory_map &source, const std::string &path) {
    auto source_status = source.status();
    if (!source_status) {
        return std::unexpected(source_status.error());
    }
    struct stat status = {};
    if (::lstat(path.c_str(), &status) != 0) {
        return errno == ENOENT ? result<void>() : failure("lstat", path);
    }
    if (!S_ISREG(status.st_mode)) {
        return failure("open", path, ENODEV);
    }
    if (status.st_dev == source_status->st_dev && status.st_ino == source_status->st_ino) {
        return std::unexpected(mapped::error{"open", path, EINVAL, "It is the source"});
    }
    return {};
}

/// Copies a window from mapping to mapping.
result<void> copy_window(const memory_map &source, const memory_map &target, std::uint64_t offset,
                         std::size_t length) {
    auto from = source.map<const std::byte>(length, offset);
    if (!from) {
        return std::unexpected(from.error());
    }
    auto to = target.map<std::byte>(length, offset);
    if (!to) {
        return std::unexpected(to.error());
    }
    std::ranges::copy(*from, to->begin());
    // The destructors would also unmap both, but could not report an error.
    if (auto unmapped = to->unmap(); !unmapped) {
        return unmapped;
    }
    return from->unmap();
}

/// Copies all windows. An empty file has none.
result<void> copy_content(const memory_map &source, const memory_map &target) {
    auto status = source.status();
    if (!status) {
        return std::unexpected(status.error());
    }
    const auto size = static_cast<std::uint64_t>(status->st_size);
    if (auto resized = target.resize(size); !resized) {
        return resized;
    }
    for (std::uint64_t offset = 0; offset < size; offset += window_size) {
        const auto length = static_cast<std::size_t>(std::min(window_size, size - offset));
        if (auto copied = copy_window(source, target, offset, length); !copied) {
            return copied;
        }
    }
    return {};
}

/// Copies into the target, and removes it if that fails.
result<void> fill(memory_map target, const memory_map &source, const std::string &path) {
    auto copied = copy_content(source, target);
    // close() can report the error of a delayed write, so the copy is not complete before it succeeds.
    auto closed = target.close();
    if (copied && closed) {
        return {};
    }
    if (::unlink(path.c_str()) != 0) {
        return failure("unlink", path);
    }
    return copied ? closed : copied;
}

result<void> copy(const std::string &source_path, const std::string &target_path) {
    auto source = memory_map::open(source_path);
    if (!source) {
        return std::unexpected(source.error());
    }
    if (auto good = check_target(*source, target_path); !good) {
        return good;
    }
    auto target = memory_map::create(target_path);
    if (!target) {
        return std::unexpected(target.error());
    }
    if (auto filled = fill(std::move(*target), *source, target_path); !filled) {
        return filled;
    }
    return source->close();
}

} // namespace

int main(int argc, char *argv[]) {
    if (argc != 3) {
        (void)std::fprintf(stderr, "usage: mmapped-files-cpp SOURCE TARGET\n");
        return 2;
    }
    if (auto copied = copy(argv[1], argv[2]); !copied) {
        (void)std::fprintf(stderr, "mmapped-files-cpp: %s\n", message(copied.error()).c_str());
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
