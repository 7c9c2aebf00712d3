#ifndef MEMORY_MAP_HPP
#define MEMORY_MAP_HPP

#include <version>

#ifndef __cpp_lib_expected
#error "memory_map.hpp needs std::expected of C++23: use -std=c++23, with GCC 12, Clang 19, or a newer one"
#else

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <expected>
#include <fcntl.h>
#include <limits>
#include <span>
#include <string>
#include <sys/mman.h>
#include <sys/stat.h>
#include <type_traits>
#include <unistd.h>
#include <utility>

/// Files as arrays in memory.
///
/// auto file = mapped::memory_map::open("numbers");
/// auto numbers = file->map<const int>(3);       // the first three
/// int sum = (*numbers)[0] + (*numbers)[1] + (*numbers)[2];
///
/// (Real code checks `file` and `numbers` first: each is a std::expected.)
///
/// Under WASI, link with libshared-mman (c-src/mman/README.md). Without it, a program that maps a file for
/// writing does not link: `undefined symbol: msync`.
///
/// A `memory_map` owns a file's descriptor and creates `region`s. Both release what they own when they are
/// destroyed. Neither can be copied, because a descriptor and a mapping cannot. A region outlives its
/// `memory_map`.
namespace mapped {

static_assert(sizeof(off_t) >= 8, "files of 2 GiB and more need -D_FILE_OFFSET_BITS=64 here");

/// A failed call, with its file and the reason.
struct error {
    /// The name of the call, such as "open". Static.
    const char *call;
    std::string path;
    /// The call's errno.
    int number;
    /// The reason, for people.
    std::string reason;
};

/// The error in one line, for people: "open 'a.txt': No such file or directory".
inline std::string message(const error &error) {
    return std::string(error.call) + " '" + error.path + "': " + error.reason;
}

/// The reason, for people. The system's texts for two of mmap's errors speak of devices.
inline std::string reason_for(int number) {
    switch (number) {
    case ENODEV:
        return "Not a regular file";
    case ENXIO:
        return "The file ends before that";
    default:
        return std::strerror(number);
    }
}

/// The result of a function that can fail.
template <typename T> using result = std::expected<T, error>;

/// The error of a call that has just failed.
inline std::unexpected<error> failure(const char *call, const std::string &path, int number = errno) {
    return std::unexpected(error{call, path, number, reason_for(number)});
}

/// A type whose bytes mean the same in every process, so it can be in a file.
template <typename T>
concept mappable = std::is_trivially_copyable_v<T> && !std::is_volatile_v<T>;

/// A part of a file in memory, as a contiguous range of `T`. Its destructor unmaps it.
template <mappable T> class region {
  public:
    /// An empty region.
    region() = default;

    region(const region &) = delete;
    region &operator=(const region &) = delete;

    /// Takes the mapping of `other`, which becomes empty.
    region(region &&other) noexcept
        : path_(std::move(other.path_)), start_(std::exchange(other.start_, nullptr)),
          length_(std::exchange(other.length_, 0)), elements_(std::exchange(other.elements_, {})) {
    }

    region &operator=(region &&other) noexcept {
        region taken(std::move(other));
        swap(taken);
        return *this;
    }

    ~region() {
        (void)release();
    }

    /// Unmaps now, and returns whether that succeeded. After a success the region is empty; after a failure
    /// it is unchanged.
    result<void> unmap() {
        if (release() != 0) {
            return failure("munmap", path_);
        }
        start_ = nullptr;
        length_ = 0;
        elements_ = {};
        return {};
    }

    /// Writes assigned bytes to the file, and the file to its storage, before it returns. Without this call,
    /// both happen later: the file has the bytes at the latest when the region is unmapped.
    [[nodiscard]] result<void> sync() const {
        if (start_ != nullptr && ::msync(start_, length_, MS_SYNC) != 0) {
            return failure("msync", path_);
        }
        return {};
    }

    [[nodiscard]] T *data() const {
        return elements_.data();
    }
    [[nodiscard]] std::size_t size() const {
        return elements_.size();
    }
    [[nodiscard]] bool empty() const {
        return elements_.empty();
    }
    [[nodiscard]] T *begin() const {
        return data();
    }
    [[nodiscard]] T *end() const {
        return data() + size();
    }
    T &operator[](std::size_t index) const {
        return elements_[index];
    }
    /// The first element, which is the only one in a region of one.
    T &operator*() const {
        return *data();
    }
    T *operator->() const {
        return data();
    }

  private:
    friend class memory_map;

    region(std::string path, void *start, std::size_t length, std::span<T> elements)
        : path_(std::move(path)), start_(start), length_(length), elements_(elements) {
    }

    [[nodiscard]] int release() const {
        return start_ == nullptr ? 0 : ::munmap(start_, length_);
    }

    void swap(region &other) noexcept {
        path_.swap(other.path_);
        std::swap(start_, other.start_);
        std::swap(length_, other.length_);
        std::swap(elements_, other.elements_);
    }

    std::string path_;
    /// Starts at a page, and so possibly before the first element.
    void *start_ = nullptr;
    std::size_t length_ = 0;
    std::span<T> elements_;
};

/// The purpose of opening a file.
enum class access : std::uint8_t { read_only, read_write };

/// An open file that can be mapped.
class memory_map {
  public:
    /// A memory_map without a file. Its functions fail with EBADF.
    memory_map() = default;

    memory_map(const memory_map &) = delete;
    memory_map &operator=(const memory_map &) = delete;

    /// Takes the file of `other`, which keeps none.
    memory_map(memory_map &&other) noexcept
        : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {
    }

    memory_map &operator=(memory_map &&other) noexcept {
        memory_map taken(std::move(other));
        path_.swap(taken.path_);
        std::swap(descriptor_, taken.descriptor_);
        return *this;
    }

    ~memory_map() {
        (void)release();
    }

    /// Opens an existing file. Only a regular file can be mapped; any other is ENODEV.
    static result<memory_map> open(const std::string &path, access wanted = access::read_only) {
        return open_with(path, wanted == access::read_only ? O_RDONLY : O_RDWR);
    }

    /// Creates an empty file or empties an existing one, and opens it for reading and writing. Does not
    /// follow a symbolic link: ELOOP.
    static result<memory_map> create(const std::string &path) {
        return open_with(path, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW);
    }

    [[nodiscard]] bool is_open() const {
        return descriptor_ >= 0;
    }

    /// The file's status: size, kind, times.
    [[nodiscard]] result<struct stat> status() const {
        struct stat status = {};
        if (::fstat(descriptor_, &status) != 0) {
            return failure("fstat", path_);
        }
        return status;
    }

    /// Sets the file's size: cuts it, or adds zeros at its end. Mapping never changes a file's size.
    ///
    /// If the system can, it reserves space for the whole file. So a full disk is an error here, and not a
    /// bus error at an assignment.
    [[nodiscard]] result<void> resize(std::uint64_t size) const {
        if (!std::in_range<off_t>(size)) {
            return failure("ftruncate", path_, EFBIG);
        }
        const auto length = static_cast<off_t>(size);
        if (::ftruncate(descriptor_, length) != 0) {
            return failure("ftruncate", path_);
        }
        return reserve(length);
    }

    /// Maps `count` elements that begin `offset` bytes into the file.
    ///
    /// A `const T` is read-only. Assigning to a `T` changes the file and every other mapping of it, so the
    /// file must be open for `access::read_write`; otherwise the error is EACCES.
    ///
    /// The offset must suit `T`'s alignment (EINVAL), and all elements must be in the file (ENXIO). A region
    /// of no elements is empty. If the file is cut later, using the elements behind its end is a bus error.
    template <mappable T>
    [[nodiscard]] result<region<T>> map(std::size_t count = 1, std::uint64_t offset = 0) const {
        const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
        const auto before = static_cast<std::size_t>(offset % page);
        if (offset % alignof(T) != 0) {
            return failure("mmap", path_, EINVAL);
        }
        if (count > (std::numeric_limits<std::size_t>::max() - before) / sizeof(T)) {
            return failure("mmap", path_, ENOMEM);
        }
        if (count == 0) {
            return region<T>();
        }
        // The offset of a mapping must be a multiple of the page size.
        const std::size_t length = before + (count * sizeof(T));
        if constexpr (!std::is_const_v<T>) {
            require_write_back();
        }
        auto start = map_bytes(length, offset - before, !std::is_const_v<T>);
        if (!start) {
            return std::unexpected(std::move(start.error()));
        }
        auto *first = reinterpret_cast<T *>(static_cast<std::byte *>(*start) + before);
        region<T> mapped(path_, *start, length, std::span<T>(first, count));
        if (auto inside = reaches(offset - before, length); !inside) {
            return std::unexpected(std::move(inside.error()));
        }
        return mapped;
    }

    /// Closes the file now, and returns whether that succeeded. The descriptor is gone in any case.
    result<void> close() {
        if (release() != 0) {
            return failure("close", path_);
        }
        return {};
    }

  private:
    memory_map(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {
    }

    [[nodiscard]] int release() {
        const int descriptor = std::exchange(descriptor_, -1);
        return descriptor < 0 ? 0 : ::close(descriptor);
    }

    static result<memory_map> open_with(const std::string &path, int flags) {
        constexpr mode_t everybody = 0666;
        const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, everybody);
        if (descriptor < 0) {
            return failure("open", path);
        }
        memory_map opened(path, descriptor);
        auto status = opened.status();
        if (!status) {
            return std::unexpected(std::move(status.error()));
        }
        if (!S_ISREG(status->st_mode)) {
            return failure("mmap", path, ENODEV);
        }
        return opened;
    }

    /// Reserves space for the first `length` bytes, if the system can.
    [[nodiscard]] result<void> reserve([[maybe_unused]] off_t length) const {
#if defined(_POSIX_ADVISORY_INFO) && _POSIX_ADVISORY_INFO > 0
        const int number = length == 0 ? 0 : ::posix_fallocate(descriptor_, 0, length);
        if (number != 0 && number != ENOTSUP) {
            return failure("posix_fallocate", path_, number);
        }
#endif
        return {};
    }

    /// Makes a program under WASI fail to link if it lacks libshared-mman. wasi-libc's own mmap would lose
    /// what is assigned, without an error. It has no msync; the library has, and needs its `--wrap` for it.
    static void require_write_back() {
#ifdef __wasi__
        [[gnu::used]] static auto *const needed = &::msync;
#endif
    }

    [[nodiscard]] result<void *> map_bytes(std::size_t length, std::uint64_t offset, bool writable) const {
        if (!std::in_range<off_t>(offset)) {
            return failure("mmap", path_, ENXIO);
        }
        const int protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
        void *start =
            ::mmap(nullptr, length, protection, MAP_SHARED, descriptor_, static_cast<off_t>(offset));
        if (start == MAP_FAILED) {
            return failure("mmap", path_);
        }
        return start;
    }

    /// Checks that the file has the mapped bytes. It must follow the mapping: if mmap is emulated, mapping
    /// reads the file, and a file that was cut before is seen now.
    [[nodiscard]] result<void> reaches(std::uint64_t offset, std::size_t length) const {
        auto now = status();
        if (!now) {
            return std::unexpected(std::move(now.error()));
        }
        const auto size = static_cast<std::uint64_t>(now->st_size);
        if (offset > size || length > size - offset) {
            return failure("mmap", path_, ENXIO);
        }
        return {};
    }

    std::string path_;
    int descriptor_ = -1;
};

} // namespace mapped

#endif
#endif
