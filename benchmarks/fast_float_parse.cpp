// Parse embedding text that lies in memory with fast_float, on one core: the anchor of "parsing alone".
//
//     fast_float_parse TEXT DIM AGAIN [OUTPUT]
//
// The job is that of glovefast's kernels: text in memory -> float32 rows, the words' bytes, and where each
// word ends. Each number goes through float64, as in numpy.asarray(fields, dtype="float32"): fast_float's
// direct way to float32 rounds once instead of twice, takes as long, and can differ in the last bit. Prints
// the seconds of the first call, which meets untouched memory, and of AGAIN more as JSON. With OUTPUT the
// rows, the places where the words end and the words are written there, one behind the other.
//
// https://github.com/fastfloat/fast_float (Debian: libfast-float-dev). benchmarks/compiled.py compiles it.

#include <fast_float/fast_float.h>
#include <sys/mman.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;

[[noreturn]] void fail(const char *what) {
    std::perror(what);
    std::exit(1);
}

// Memory as NumPy takes it: untouched, and in huge pages where the system offers them.
template <typename Item>
Item *allocate(std::size_t items) {
    const std::size_t bytes = (items * sizeof(Item) / kHugePage + 1) * kHugePage;
    void *memory = std::aligned_alloc(kHugePage, bytes);
    if (!memory) fail("memory");
#ifdef MADV_HUGEPAGE
    madvise(memory, bytes, MADV_HUGEPAGE);
#endif
    return static_cast<Item *>(memory);
}

struct Text {
    const char *begin, *end;
};

Text read_text(const char *path) {
    std::FILE *file = std::fopen(path, "rb");
    if (!file || std::fseek(file, 0, SEEK_END) != 0) fail(path);
    const auto size = static_cast<std::size_t>(std::ftell(file));
    std::rewind(file);
    char *bytes = allocate<char>(size);
    if (std::fread(bytes, 1, size, file) != size) fail(path);
    std::fclose(file);
    return {bytes, bytes + size};
}

struct Parsed {
    float *numbers;
    std::int64_t *word_ends;
    char *words;
    std::size_t rows, word_bytes;
};

[[noreturn]] void refuse(const Text &text, const char *at) {
    std::fprintf(stderr, "not as it should be: byte %td of the text\n", at - text.begin);
    std::exit(1);
}

void parse(const Text &text, std::size_t dim, Parsed &parsed) {
    const char *position = text.begin;
    float *number = parsed.numbers;
    parsed.rows = parsed.word_bytes = 0;
    while (position < text.end) {
        const auto *space = static_cast<const char *>(std::memchr(position, ' ', text.end - position));
        if (!space) refuse(text, position);
        const auto length = static_cast<std::size_t>(space - position);
        std::memcpy(parsed.words + parsed.word_bytes, position, length);
        parsed.word_bytes += length;
        parsed.word_ends[parsed.rows++] = static_cast<std::int64_t>(parsed.word_bytes);
        position = space;
        for (std::size_t column = 0; column < dim; ++column) {
            if (position == text.end || *position != ' ') refuse(text, position);
            double value;
            const auto result = fast_float::from_chars(position + 1, text.end, value);
            if (result.ec != std::errc()) refuse(text, position);
            *number++ = static_cast<float>(value);
            position = result.ptr;
        }
        if (position == text.end || *position != '\n') refuse(text, position);
        ++position;
    }
}

void write(const char *path, std::size_t dim, const Parsed &parsed) {
    std::FILE *file = std::fopen(path, "wb");
    if (!file || std::fwrite(parsed.numbers, dim * sizeof(float), parsed.rows, file) != parsed.rows ||
        std::fwrite(parsed.word_ends, sizeof(std::int64_t), parsed.rows, file) != parsed.rows ||
        std::fwrite(parsed.words, 1, parsed.word_bytes, file) != parsed.word_bytes || std::fclose(file) != 0) {
        fail(path);
    }
}

}  // namespace

int main(int count, char **arguments) {
    if (count < 4) {
        std::fprintf(stderr, "usage: %s TEXT DIM AGAIN [OUTPUT]\n", arguments[0]);
        return 2;
    }
    const Text text = read_text(arguments[1]);
    const auto dim = static_cast<std::size_t>(std::atoll(arguments[2]));
    std::size_t lines = 0;
    for (const char *byte = text.begin; byte < text.end; ++byte) lines += *byte == '\n';
    Parsed parsed{allocate<float>(lines * dim), allocate<std::int64_t>(lines),
                  allocate<char>(text.end - text.begin), 0, 0};
    const int again = std::atoi(arguments[3]);
    for (int call = 0; call <= again; ++call) {
        const auto start = std::chrono::steady_clock::now();
        parse(text, dim, parsed);
        const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
        std::printf(call == 0 ? "{\"first\": %.9f, \"again\": [" : call == 1 ? "%.9f" : ", %.9f", seconds.count());
    }
    std::printf("]}\n");
    if (count > 4) write(arguments[4], dim, parsed);
    return 0;
}
