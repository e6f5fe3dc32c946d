// net.LookupHost of one name, once, by Go's own resolver.
package main

import (
	"fmt"
	"net"
	"os"
	"strings"
	"time"
)

func main() {
	began := time.Now()
	addresses, err := net.LookupHost(os.Args[1])
	elapsed := float64(time.Since(began).Microseconds()) / 1000
	if err != nil {
		fmt.Printf("%.1f failed %v\n", elapsed, err)
		return
	}
	fmt.Printf("%.1f found %s\n", elapsed, strings.Join(addresses, " "))
}
