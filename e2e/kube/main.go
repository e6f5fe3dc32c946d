// The programs of a Kubernetes control plane in one binary: its first argument, or the name it is called by,
// says which. They share most of their code, so one binary is built in a fraction of the time of several.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
)

// Each gets its own arguments, its own name first, and returns the status to exit with.
var programs = map[string]func(arguments []string) int{
	"etcd": func(arguments []string) int {
		etcdmain.Main(arguments)
		return 0
	},
	"kube-apiserver": command(apiserver.NewAPIServerCommand),
}

// What cobra makes of os.Args is the program's own.
func command(create func() *cobra.Command) func([]string) int {
	return func(arguments []string) int {
		os.Args = arguments
		return cli.Run(create())
	}
}

func main() {
	arguments := slices.Clone(os.Args)
	name := filepath.Base(arguments[0])
	if _, known := programs[name]; !known && len(arguments) > 1 {
		arguments = arguments[1:]
		name = arguments[0]
	}
	program, known := programs[name]
	if !known {
		fmt.Fprintf(os.Stderr, "kube: no program %q; there are: %s\n", name, strings.Join(names(), ", "))
		os.Exit(2)
	}
	os.Exit(program(arguments))
}

func names() []string {
	all := make([]string, 0, len(programs))
	for name := range programs {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}
