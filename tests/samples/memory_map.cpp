/// The guarantees of memory_map, as a table of cases that must pass natively and under WASI.

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <ranges>
#include <string>
#include <type_traits>
#include <utility>

#include "memory_map.hpp"
#include "table.h"

namespace {

using mapped::access;
using mapped::memory_map;
using mapped::region;

static_assert(!std::is_copy_constructible_v<memory_map> && !std::is_copy_assignable_v<memory_map>);
static_assert(!std::is_copy_constructible_v<region<int>> && !std::is_copy_assignable_v<region<int>>);
static_assert(std::is_nothrow_move_constructible_v<memory_map> &&
              std::is_nothrow_move_assignable_v<memory_map>);
static_assert(std::is_nothrow_move_constructible_v<region<int>> &&
              std::is_nothrow_move_assignable_v<region<int>>);
static_assert(std::ranges::contiguous_range<region<int>> && std::ranges::sized_range<region<const int>>);

struct point {
    std::int32_t x;
    std::int32_t y;
};

/// Creates a file and closes it.
bool make(const char *name, std::size_t size) {
    const int fd = new_file(name, size);
    return fd >= 0 && close(fd) == 0;
}

CASE("only an existing regular file can be opened") {
    auto none = memory_map::open("none");
    CHECK(!none && none.error().number == ENOENT && std::string(none.error().call) == "open");
    CHECK(message(none.error()) == "open 'none': No such file or directory");
    auto directory = memory_map::open(".");
    CHECK(!directory && directory.error().number == ENODEV);
    CHECK(make("there", 10));
    const std::string with_nul("there\0more", 10);
    auto cut = memory_map::open(with_nul);
    CHECK(!cut && cut.error().number == EINVAL);
    CHECK(message(cut.error()) == "open 'there': The path has a NUL character");
    CHECK(memory_map::create(with_nul).error().number == EINVAL);
    auto there = memory_map::open("there");
    CHECK(there && there->is_open() && there->status()->st_size == 10 && there->close());
    return true;
}

CASE("a moved-from object is empty") {
    CHECK(make("moved", 10));
    auto opened = memory_map::open("moved");
    CHECK(opened.has_value());
    memory_map file = std::move(*opened);
    // NOLINTBEGIN(bugprone-use-after-move): what is left is what this is about.
    CHECK(file.is_open() && !opened->is_open() && opened->status().error().number == EBADF);
    auto mapped = file.map<const unsigned char>(10);
    CHECK(mapped.has_value());
    region<const unsigned char> bytes;
    bytes = std::move(*mapped);
    CHECK(bytes.size() == 10 && mapped->empty() && mapped->data() == nullptr && mapped->unmap());
    // NOLINTEND(bugprone-use-after-move)
    file = memory_map();
    CHECK(!file.is_open() && bytes[9] == byte_at(9) && bytes.unmap() && bytes.empty());
    return true;
}

CASE("objects can be assigned in a file") {
    auto file = memory_map::create("points");
    CHECK(file && file->resize(100 * sizeof(point)) && file->status()->st_size == 100 * sizeof(point));
    auto all = file->map<point>(100);
    CHECK(all.has_value() && std::ranges::all_of(*all, [](const point &p) { return p.x == 0 && p.y == 0; }));
    for (int number = 0; point &p : *all) {
        p = {.x = number, .y = -number};
        number++;
    }
    CHECK(all->sync() && all->unmap());
    auto one = file->map<const point>(1, 42 * sizeof(point));
    CHECK(one.has_value() && one->size() == 1 && (*one)->x == 42 && (**one).y == -42);
    return true;
}

CASE("a region begins at any offset") {
    CHECK(make("anywhere", 3 * PAGE));
    auto file = memory_map::open("anywhere", access::read_write);
    auto bytes = file->map<unsigned char>(PAGE, PAGE + 3);
    CHECK(bytes.has_value() && bytes->size() == PAGE && (*bytes)[0] == byte_at(PAGE + 3));
    *bytes->begin() = 'A';
    *(bytes->end() - 1) = 'B';
    CHECK(bytes->unmap() && file->close());
    CHECK(file_byte("anywhere", PAGE + 3) == 'A' && file_byte("anywhere", 2 * PAGE + 2) == 'B');
    return true;
}

CASE("a region reaches the file when its scope ends") {
    CHECK(make("scope", 10));
    {
        auto bytes = memory_map::open("scope", access::read_write)->map<char>(10);
        CHECK(bytes.has_value());
        (*bytes)[0] = 'A';
    }
    CHECK(file_byte("scope", 0) == 'A');
    return true;
}

CASE("a region must be in its file, aligned, and allowed by its access") {
    CHECK(make("small", 10));
    auto file = memory_map::open("small");
    CHECK(file->map<const char>(11).error().number == ENXIO);
    CHECK(file->map<const char>(1, 10).error().number == ENXIO);
    CHECK(file->map<const char>(1, UINT64_MAX - PAGE).error().number == ENXIO);
    CHECK(file->map<const char>(SIZE_MAX).error().number == ENXIO);
    CHECK(file->map<const std::int32_t>(1, 2).error().number == EINVAL);
    CHECK(file->map<const std::int32_t>(SIZE_MAX).error().number == ENOMEM);
    CHECK(file->map<char>(10).error().number == EACCES);
    auto nothing = file->map<const char>(0);
    CHECK(nothing.has_value() && nothing->empty() && nothing->unmap());
    return true;
}

CASE("a region that memory cannot hold is an error") {
    const std::uint64_t size = (std::uint64_t{1} << 32) + 10;
    auto file = memory_map::create("huge");
    CHECK(file && ::truncate("huge", static_cast<off_t>(size)) == 0);
    auto bytes = file->map<const char>(size);
    // Natively, a mapping takes no memory.
    CHECK(sizeof(std::size_t) < 8 ? bytes.error().number == ENOMEM : bytes->size() == size);
    return ::unlink("huge") == 0;
}

/// Extends a file beyond a disk of `size` bytes, and truncates another one there that does not fit without
/// its holes. Both must stay as they were.
bool keeps_its_size_on_a_full_disk(std::uint64_t size) {
    auto file = memory_map::create("growing");
    CHECK(file && file->resize(PAGE));
    CHECK(file->resize(2 * size).error().number == ENOSPC);
    CHECK(file->status()->st_size == PAGE);
    auto sparse = memory_map::create("sparse");
    CHECK(sparse && ::truncate("sparse", static_cast<off_t>(3 * size)) == 0);
    CHECK(sparse->resize(2 * size).error().number == ENOSPC);
    CHECK(sparse->status()->st_size == static_cast<off_t>(3 * size));
    // Nothing is reserved any more.
    auto other = memory_map::create("other");
    CHECK(other && other->resize(size / 2) && other->status()->st_size == static_cast<off_t>(size / 2));
    return true;
}

} // namespace

/// With the size of the disk, tries a disk without room instead of the table.
int main(int argc, char *argv[]) {
    if (argc > 1) {
        return keeps_its_size_on_a_full_disk(std::strtoull(argv[1], nullptr, 10)) ? 0 : 1;
    }
    return run_table();
}
