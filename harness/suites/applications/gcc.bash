# gcc compiles, links and runs: one file, several with a library of each kind, threads, optimisation, a failing build.
set -e
cd "$(mktemp -d)"; export LC_ALL=C
cat >main.c <<'END'
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include "sum.h"
static void *run(void *argument) { return (void *)(long)sum((int)(long)argument); }
int main(int argc, char **argv)
{
    pthread_t threads[4];
    long total = 0;
    for (long i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, run, (void *)(i * 1000));
    for (int i = 0; i < 4; i++) {
        void *part;
        pthread_join(threads[i], &part);
        total += (long)part;
    }
    printf("%s: %ld %.6f %d\n", argv[argc - 1], total, sqrt(2.0) * atof("1.5"), __OPTIMIZE__ + 0);
    return argc;
}
END
sed -i 's/__OPTIMIZE__ + 0/OPTIMISED/' main.c
cat >sum.h <<'END'
int sum(int upto);
END
cat >sum.c <<'END'
#include "sum.h"
int sum(int upto) { int s = 0; for (int i = 0; i <= upto; i++) s += i; return s; }
END
for level in 0 1 2 3 s; do gcc -Wall -Wextra -Werror -O$level -DOPTIMISED=1 -pthread main.c sum.c -lm -o prog$level; ./prog$level "O$level" || echo "status $?"; done
gcc -c -fPIC -DOPTIMISED=0 -g main.c sum.c; ar rcs libsum.a sum.o; gcc main.o -L. -lsum -lm -o static-library; ./static-library a b || echo "status $?"
gcc -shared -Wl,-soname,libsum.so.1 sum.o -o libsum.so.1; ln -sf libsum.so.1 libsum.so; gcc main.o -L. -lsum -lm -Wl,-rpath,"$PWD" -o shared-library; ./shared-library || echo "status $?"
readelf -d shared-library | grep -c NEEDED; nm -D libsum.so.1 | grep -c ' T sum'
gcc -static -O2 -flto -DOPTIMISED=2 main.c sum.c -lm -o all-static; ./all-static x || echo "status $?"; objdump -d all-static | grep -c '<main>:'
gcc -save-temps -DOPTIMISED=3 -c main.c && ls main.*
echo 'int main(void) { return undeclared; }' | gcc -x c - 2>&1 | grep -o "error: .undeclared. undeclared"; gcc sum.c 2>&1 | grep -o 'undefined reference to .main.'
cat >dl.c <<'END'
#include <dlfcn.h>
#include <stdio.h>
int main(void)
{
    void *library = dlopen("./libsum.so.1", RTLD_NOW);
    int (*function)(int) = (int (*)(int))dlsym(library, "sum");
    printf("%d %s\n", function(10), dlsym(library, "none") ? "found" : "not found");
    return dlclose(library);
}
END
gcc dl.c -o dl -ldl && ./dl
for i in $(seq 1 12); do echo "int f$i(void) { return $i; }" >f$i.c; done
printf '%s\n' f*.c | xargs -P 4 -n 1 gcc -O2 -c; ld -r f*.o -o all.o; nm all.o | wc -l; gcc -E -dM - </dev/null | grep -w __linux__; echo 'int x;' | gcc -S -x c - -o - | grep -c '\.comm\|\.bss'
