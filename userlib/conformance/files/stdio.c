// Buffered streams: formatted and positioned I/O, append and update modes, temporary files, ungetc. stdio(3)
// fast
#include "../../check.h"

int main(void)
{
    char line[64];
    FILE* file = fopen("file", "w+");
    CHECK(file != NULL);
    for (int i = 0; i < 5000; ++i) CHECK(fprintf(file, "line %d of text\n", i) > 0);
    rewind(file);
    for (int i = 0; i < 5000; ++i) {
        int number = -1;
        CHECK(fgets(line, sizeof line, file) != NULL);
        CHECK_EQ(sscanf(line, "line %d of text", &number), 1);
        CHECK_EQ(number, i);
    }
    CHECK(fgets(line, sizeof line, file) == NULL);
    CHECK(feof(file));
    CHECK_EQ(fseek(file, 5, SEEK_SET), 0);
    CHECK_EQ(fgetc(file), '0');
    CHECK_EQ(ungetc('X', file), 'X');
    CHECK_EQ(fgetc(file), 'X');
    CHECK_EQ(fclose(file), 0);
    file = fopen("file", "a");
    CHECK(file != NULL);
    CHECK(fputs("appended\n", file) >= 0);
    CHECK_EQ(fclose(file), 0);
    file = fopen("file", "r");
    CHECK_EQ(fseek(file, -9, SEEK_END), 0);
    CHECK(fgets(line, sizeof line, file) != NULL);
    CHECK_STR(line, "appended\n");
    CHECK_EQ(fclose(file), 0);
    CHECK(fopen("none", "r") == NULL);
    CHECK_EQ(errno, ENOENT);
    CHECK_EQ(remove("file"), 0);
    char* text = NULL;
    size_t size = 0;
    FILE* memory = open_memstream(&text, &size);
    CHECK(memory != NULL);
    fprintf(memory, "%5.2f|%-4d|%04x", 3.14159, 42, 255);
    CHECK_EQ(fclose(memory), 0);
    CHECK_STR(text, " 3.14|42  |00ff");
    free(text);
    return check_done();
}
