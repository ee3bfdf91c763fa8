// Micro-benchmark frame: a warm-up, then samples, printed as one JSON object per line:
// {"name":"...","unit":"ns","samples":[...]}. A sample is the mean over `inner` repetitions, timed with CLOCK_MONOTONIC.
#pragma once

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { kBenchMaxSamples = 1000 };

static inline double bench_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static inline void bench_die(const char* what)
{
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(1);
}

static inline void bench_print(const char* name, const double* samples, int count)
{
    printf("{\"name\":\"%s\",\"unit\":\"ns\",\"samples\":[", name);
    for (int i = 0; i < count; ++i) printf(i ? ",%.2f" : "%.2f", samples[i]);
    printf("]}\n");
    fflush(stdout);
}

// Runs body(inner) once per sample; body repeats the measured operation `inner` times. Warm-up: a fifth of the samples.
static inline void bench_run(const char* name, int samples, long inner, void (*body)(long inner))
{
    static double values[kBenchMaxSamples];
    if (samples > kBenchMaxSamples) samples = kBenchMaxSamples;
    for (int i = 0; i < samples / 5 + 1; ++i) body(inner);
    for (int i = 0; i < samples; ++i) {
        double begin = bench_now_ns();
        body(inner);
        values[i] = (bench_now_ns() - begin) / (double)inner;
    }
    bench_print(name, values, samples);
}
