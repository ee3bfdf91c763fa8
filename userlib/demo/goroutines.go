// A thousand goroutines, channels, timers, garbage and file reading; the output does not depend on scheduling.
// Build with CGO_ENABLED=0. Arguments: files, whose lengths and sums are printed in order.
package main

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"runtime"
	"sort"
	"sync"
	"sync/atomic"
	"time"
)

const workers = 1000

// chain passes a number through a thousand goroutines, each adding one.
func chain() int {
	first := make(chan int)
	in := first
	for i := 0; i < workers; i++ {
		out := make(chan int)
		go func(in, out chan int) { out <- 1 + <-in }(in, out)
		in = out
	}
	first <- 0
	return <-in
}

// garbage allocates enough for several collections and checks that nothing reachable is lost.
func garbage() int {
	kept := make(map[int][]byte)
	for i := 0; i < 20000; i++ {
		block := make([]byte, 1024)
		block[i%1024] = byte(i)
		if i%200 == 0 {
			kept[i] = block
		}
	}
	runtime.GC()
	good := 0
	for i, block := range kept {
		if block[i%1024] == byte(i) {
			good++
		}
	}
	return good
}

func readAll(paths []string) []string {
	lines := make([]string, len(paths))
	var group sync.WaitGroup
	for i, path := range paths {
		group.Add(1)
		go func(i int, path string) {
			defer group.Done()
			data, err := os.ReadFile(path)
			if err != nil {
				lines[i] = "error: " + err.Error()
				return
			}
			lines[i] = fmt.Sprintf("%s: %d bytes, crc32 %08x", path, len(data), crc32.ChecksumIEEE(data))
		}(i, path)
	}
	group.Wait()
	return lines
}

func main() {
	var group sync.WaitGroup
	var sum int64
	squares := make(chan int, 16)
	for i := 0; i < workers; i++ {
		group.Add(1)
		go func(i int) {
			defer group.Done()
			atomic.AddInt64(&sum, int64(i))
			squares <- i * i
		}(i)
	}
	go func() { group.Wait(); close(squares) }()
	var all []int
	for square := range squares {
		all = append(all, square)
	}
	sort.Ints(all)
	fmt.Println("goroutines", len(all), "sum", sum, "largest square", all[len(all)-1])
	fmt.Println("chain", chain())
	fmt.Println("kept", garbage())

	begin := time.Now()
	select {
	case <-time.After(5 * time.Millisecond):
		fmt.Println("timer", time.Since(begin) >= 5*time.Millisecond)
	case <-make(chan int):
	}

	// A loop without calls must be preempted (by SIGURG in Go) for the collector to get on.
	stop := int32(0)
	spun := make(chan bool)
	go func() {
		for atomic.LoadInt32(&stop) == 0 {
		}
		spun <- true
	}()
	runtime.GC()
	atomic.StoreInt32(&stop, 1)
	fmt.Println("spinner stopped", <-spun)

	func() {
		defer func() { fmt.Println("recovered:", recover() != nil) }()
		var nothing *int
		fmt.Println(*nothing)
	}()

	_, err := os.Stat("/no/such/file")
	fmt.Println("missing file:", errors.Is(err, fs.ErrNotExist))
	for _, line := range readAll(os.Args[1:]) {
		fmt.Println(line)
	}
}
