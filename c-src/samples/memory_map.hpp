#ifndef MEMORY_MAP_HPP
#define MEMORY_MAP_HPP

#include <version>

#ifndef __cpp_lib_expected
#error "memory_map.hpp needs std::expected of C++23: use -std=c++23, with GCC 12, Clang 19 or newer"
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
/// A `memory_map` owns a file's descriptor and creates `region`s. The destructor of each releases what it
/// owns. Both can be moved but not copied. A region stays valid after its `memory_map` is destroyed.
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

/// Formats an error as one line, for people: "open 'a.txt': No such file or directory".
inline std::string message(const error &error) {
    return std::string(error.call) + " '" + error.path + "': " + error.reason;
}

/// The reason, for people. The system's texts for two of mmap's errors mention devices, which would mislead.
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

/// Makes the error of a call that has just failed.
inline std::unexpected<error> failure(const char *call, const std::string &path, int number = errno) {
    return std::unexpected(error{call, path, number, reason_for(number)});
}

/// A type whose bytes can be stored in a file. C++ cannot check that it contains no pointers, which mean
/// nothing in another process.
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

    /// Unmaps now, and reports an error, which the destructor cannot. If this succeeds, the region is empty;
    /// if it fails, the region is unchanged.
    result<void> unmap() {
        if (release() != 0) {
            return failure("munmap", path_);
        }
        start_ = nullptr;
        length_ = 0;
        elements_ = {};
        return {};
    }

    /// Writes changed bytes to the file and flushes the file to storage. Without this call, the changes reach
    /// the file when the region is unmapped, at the latest, and storage whenever the system writes them.
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
    /// The first element. The region must not be empty.
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
    /// The start of a page, which can be before the first element.
    void *start_ = nullptr;
    std::size_t length_ = 0;
    std::span<T> elements_;
};

/// The access that a file is opened for.
enum class access : std::uint8_t { read_only, read_write };

/// An open file that can be mapped.
class memory_map {
  public:
    /// A memory_map without a file. Getting its status, resizing it and mapping elements of it fail with
    /// EBADF.
    memory_map() = default;

    memory_map(const memory_map &) = delete;
    memory_map &operator=(const memory_map &) = delete;

    /// Takes the file of `other`, which then has none.
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

    /// Opens an existing file. If it is not a regular file, it cannot be mapped, and the error is ENODEV, or
    /// what the system says, such as EISDIR for a directory that would be written. If the path has a NUL
    /// character, it is EINVAL. Natively, it never waits for the other end of a FIFO; wasmtime does.
    static result<memory_map> open(const std::string &path, access wanted = access::read_only) {
        return open_with(path, O_NONBLOCK | (wanted == access::read_only ? O_RDONLY : O_RDWR));
    }

    /// Creates an empty file or truncates an existing one, and opens it for reading and writing. If the path
    /// is a symbolic link, the error is ELOOP. If it has a NUL character, the error is EINVAL.
    static result<memory_map> create(const std::string &path) {
        return open_with(path, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW);
    }

    [[nodiscard]] bool is_open() const {
        return descriptor_ >= 0;
    }

    /// The file's status: its size, type, times and so on.
    [[nodiscard]] result<struct stat> status() const {
        struct stat status = {};
        if (::fstat(descriptor_, &status) != 0) {
            return failure("fstat", path_);
        }
        return status;
    }

    /// Truncates the file, or extends it with zeros. Only this changes the size; mapping never does.
    ///
    /// If the system can, this reserves space for the whole file. So a full disk is an error here, not a
    /// SIGBUS at a later assignment. After an error, the file has its old size and content.
    [[nodiscard]] result<void> resize(std::uint64_t size) const {
        if (!std::in_range<off_t>(size)) {
            return failure("ftruncate", path_, EFBIG);
        }
        auto before = status();
        if (!before) {
            return std::unexpected(std::move(before.error()));
        }
        const auto length = static_cast<off_t>(size);
        // First, because a file that has been truncated cannot get its content back.
        auto resized = reserve(length);
        if (resized && ::ftruncate(descriptor_, length) != 0) {
            resized = failure("ftruncate", path_);
        }
        if (!resized) {
            // A part may have been reserved, which would keep the disk full.
            [[maybe_unused]] const int undone = ::ftruncate(descriptor_, before->st_size);
        }
        return resized;
    }

    /// Maps `count` elements, beginning `offset` bytes into the file.
    ///
    /// A region of `const T` is read-only. Assigning to an element of a region of `T` changes the file and,
    /// natively, every other mapping of it. The file must then be open with `access::read_write`; otherwise
    /// the error is EACCES.
    ///
    /// If the offset is not a multiple of `T`'s alignment, the error is EINVAL. If an element is past the end
    /// of the file, it is ENXIO. If memory has no room for so many, as for 4 GiB under WASI, it is ENOMEM. If
    /// `count` is 0, the region is empty. If the file is truncated later, using an element past its end can
    /// raise SIGBUS.
    template <mappable T>
    [[nodiscard]] result<region<T>> map(std::uint64_t count = 1, std::uint64_t offset = 0) const {
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
        const auto elements = static_cast<std::size_t>(count);
        const std::size_t length = before + (elements * sizeof(T));
        if constexpr (!std::is_const_v<T>) {
            require_write_back();
        }
        // An emulated mmap reads what it maps, which would take time and memory for nothing.
        if (auto inside = reaches(offset - before, length); !inside) {
            return std::unexpected(std::move(inside.error()));
        }
        auto start = map_bytes(length, static_cast<off_t>(offset - before), !std::is_const_v<T>);
        if (!start) {
            return std::unexpected(std::move(start.error()));
        }
        auto *first = reinterpret_cast<T *>(static_cast<std::byte *>(*start) + before);
        region<T> mapped(path_, *start, length, std::span<T>(first, elements));
        // Again: the file may have been truncated before an emulated mmap read it.
        if (auto inside = reaches(offset - before, length); !inside) {
            return std::unexpected(std::move(inside.error()));
        }
        return mapped;
    }

    /// Closes the file now, and reports an error, which the destructor cannot. Even after an error, the
    /// descriptor is closed.
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
        if (const auto end = path.find('\0'); end != std::string::npos) {
            return std::unexpected(
                error{"open", path.substr(0, end), EINVAL, "The path has a NUL character"});
        }
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

    /// Makes a WASI program fail to link without libshared-mman, because wasi-libc's own mmap would silently
    /// lose all changes. Only the library has msync, so a reference to msync requires it, and the library
    /// requires its `--wrap`.
    static void require_write_back() {
#ifdef __wasi__
        [[gnu::used]] static auto *const needed = &::msync;
#endif
    }

    [[nodiscard]] result<void *> map_bytes(std::size_t length, off_t offset, bool writable) const {
        const int protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
        void *start = ::mmap(nullptr, length, protection, MAP_SHARED, descriptor_, offset);
        if (start == MAP_FAILED) {
            return failure("mmap", path_);
        }
        return start;
    }

    /// Checks that the file has these bytes.
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
