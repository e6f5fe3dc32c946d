# `make help` lists the targets: the comments behind them are its text.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := help
# Targets share build/ and the kernel.
.NOTPARALLEL:

# Node and pnpm as scripts/setup.sh provides them, then the tools from our dependencies.
export PATH := $(CURDIR)/.toolchain/bin:$(CURDIR)/node_modules/.bin:$(PATH):/usr/sbin:/sbin

CLANG ?= clang-16
C_SOURCES = $(shell git ls-files --cached --others --exclude-standard -- '*.c' '*.h' ':!:**/gen/**')
BPF_CFLAGS ?= -target bpf -mcpu=v3 -O2 -g -Wall -Wextra -Wno-unused-parameter -Werror
# One file with nothing beside it: it runs on whatever the node has, before anything of ours does.
CNI_CC ?= musl-gcc
CNI_CFLAGS ?= -static -Os -s -std=gnu11 -Wall -Wextra -Werror
CNI_CFLAGS += -idirafter /usr/include -idirafter /usr/include/$(shell gcc -print-multiarch)
CNI_SOURCES := $(wildcard packages/cni/src/*.c)
CNI_HEADERS := $(wildcard packages/cni/src/*.h packages/cni/src/gen/*.h)
# The process beside the agent: static too, it has nothing to find at run time.
PRIVILEGED_SOURCES := $(wildcard packages/privileged/src/*.c)
PRIVILEGED_SOURCES += $(addprefix packages/cni/src/,bpf.c cable.c failure.c message.c netlink.c)
PRIVILEGED_HEADERS := $(wildcard packages/privileged/src/*.h) $(CNI_HEADERS)
BPF_OBJECTS := $(patsubst bpf/%.bpf.c,build/%.bpf.o,$(wildcard bpf/*.bpf.c bpf/*/*.bpf.c))

# One test file at a time: kernel and live tests share the machine's kernel. The limit ends a test that hangs.
NODE_TEST := node --test --test-concurrency=1 --test-timeout=600000
PURE_TESTS := 'packages/*/src/**/*.test.ts' 'scripts/**/*.test.ts'
KERNEL_TESTS := 'packages/*/test/**/*.test.ts'
LIVE_TESTS := 'e2e/{src,test}/**/*.test.ts'
API_TESTS := 'e2e/api/**/*.test.ts'
IMAGE_TESTS := 'e2e/images/**/*.test.ts'

##@ First steps
.PHONY: help
help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} \
		/^##@/ {printf "\n%s\n", substr($$0, 5)} \
		/^[a-z0-9.-]+:.*## / {printf "  %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## Find or install what everything below needs
	@bash scripts/setup.sh

.PHONY: demo
demo: machine build ## Show it at work: a pod, resolvers, a policy; changes nothing outside its own namespaces (root)
	@node e2e/src/demo/main.ts

.PHONY: demo-shell
demo-shell: machine build ## The demo's world with a shell inside its pod (root)
	@node e2e/src/demo/main.ts --shell

.PHONY: api
api: machine build ## An API server with operator and agent, to try `kubectl apply -f examples/`, until Ctrl-C (root)
	@node e2e/src/api/main.ts

.PHONY: demo-cluster
demo-cluster: machine cluster ## Two real Kubernetes nodes with the chart and a policy, to try kubectl, until Ctrl-C (root)
	@node e2e/src/cluster/main.ts

.PHONY: kind
kind: setup ## A kind cluster with the images of make images, the chart and a demo on two nodes; needs Docker and kind
	@scripts/kind.sh

.PHONY: kind-down
kind-down: ## Remove that cluster
	@kind delete cluster --name namewall

##@ Building
.PHONY: build
build: setup $(BPF_OBJECTS) build/namewall-cni build/namewall-privileged ## Compile the datapath and our C programs to build/

.PHONY: kube
kube: setup ## Compile kube-apiserver, etcd and a collector for the tests, once for all checkouts; minutes
	@node e2e/src/kube/prepare.ts

.PHONY: cluster
cluster: images ## What a cluster of two real nodes is made of: Kubernetes compiled once, images; minutes (root)
	@scripts/cluster-tools.sh
	@node e2e/src/cluster/prepare.ts

build/%.bpf.o: bpf/%.bpf.c Makefile | setup
	@mkdir -p $(@D)
	$(CLANG) $(BPF_CFLAGS) -MMD -MP -MF $(@:.o=.d) -c $< -o $@

-include $(BPF_OBJECTS:.o=.d)

build/namewall-cni: $(CNI_SOURCES) $(CNI_HEADERS) Makefile | setup
	@mkdir -p $(@D)
	$(CNI_CC) $(CNI_CFLAGS) -o $@ $(CNI_SOURCES)

build/namewall-privileged: $(PRIVILEGED_SOURCES) $(PRIVILEGED_HEADERS) Makefile | setup
	@mkdir -p $(@D)
	$(CNI_CC) $(CNI_CFLAGS) -I packages/cni/src -o $@ $(PRIVILEGED_SOURCES)

.PHONY: images
images: build ## Images of operator and agent as OCI archives in build/images/: make images [BASE=IMAGE] (root)
	@scripts/images/tools.sh
	@scripts/images/build.sh "$$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')" '$(BASE)'

.PHONY: images-arm64
images-arm64: build ## The same for arm64 on another machine, in build/images/arm64/, each program started under emulation (root)
	@scripts/images/tools.sh arm64
	@mkdir -p build/arm64
	@aarch64-linux-gnu-gcc -static -Os -s -std=gnu11 -Wall -Wextra -Werror -o build/arm64/namewall-cni $(CNI_SOURCES)
	@aarch64-linux-gnu-gcc -static -Os -s -std=gnu11 -Wall -Wextra -Werror -I packages/cni/src \
		-o build/arm64/namewall-privileged $(PRIVILEGED_SOURCES)
	@scripts/images/build.sh arm64
	@scripts/images/try-arm64.sh

.PHONY: generate
generate: build ## Write the generated sources again, from the object's BTF and from proto/
	@for generator in packages/*/scripts/generate.ts; do node "$$generator"; done

.PHONY: format
format: setup ## Format TypeScript, JSON and YAML
	@prettier --write --log-level warn .

.PHONY: format-c
format-c: setup ## Format C
	@clang-format-16 -i $(C_SOURCES)

.PHONY: clean
clean: ## Remove build/, node_modules/ and .toolchain/
	rm -rf build .toolchain node_modules packages/*/node_modules e2e/node_modules bench/node_modules

##@ Checking
.PHONY: check
check: check-types check-lint check-format check-format-c check-dead check-chart check-generated check-verifier ## All checks below; `make -k check` goes on after a failure

.PHONY: check-types
check-types: setup ## Types
	@tsc -p tsconfig.json

.PHONY: check-lint
check-lint: setup ## Lint, with types; file lengths, licence lines
	@oxlint --quiet
	@bash scripts/check-sources.sh

.PHONY: check-format
check-format: setup ## Formatting
	@prettier --check --log-level warn . || { echo 'Mend it with: make format' >&2; exit 1; }

.PHONY: check-format-c
check-format-c: setup ## Formatting of C
	@clang-format-16 --dry-run -Werror $(C_SOURCES) || { echo 'Mend it with: make format-c' >&2; exit 1; }

.PHONY: check-dead
check-dead: setup ## Unused files, exports and dependencies
	@knip --no-progress

.PHONY: check-chart
check-chart: setup ## The helm chart; the first run installs helm
	@"$$(scripts/kubernetes-tools.sh)/helm" lint --strict --quiet charts/namewall

.PHONY: check-generated
check-generated: build ## Generated sources are what `make generate` writes
	@bash scripts/check-generated.sh

.PHONY: check-verifier
check-verifier: machine build ## What each program costs the verifier, against its budget (root)
	@node packages/datapath/scripts/verifier-budget.ts

.PHONY: unit
unit: build ## Tests that need neither root nor a kernel
	@$(NODE_TEST) $(PURE_TESTS)

.PHONY: kernel
kernel: machine build ## Tests against the kernel (root)
	@$(NODE_TEST) $(KERNEL_TESTS)

.PHONY: e2e
e2e: machine build ## Tests on live traffic in network namespaces (root)
	@$(NODE_TEST) $(LIVE_TESTS)

.PHONY: test-api
test-api: machine build kube ## Tests on a real kube-apiserver and etcd; the first run builds them, minutes (root)
	@$(NODE_TEST) $(API_TESTS)

.PHONY: test-images
test-images: machine images kube ## The images made and run, as the chart runs them (root)
	@$(NODE_TEST) $(IMAGE_TESTS)

.PHONY: test-cluster
test-cluster: machine cluster ## The chart on two real Kubernetes nodes; the first run builds Kubernetes, minutes (root)
	@time $(NODE_TEST) 'e2e/cluster/**/*.test.ts'

.PHONY: compatibility
compatibility: machine cluster ## Write docs/compatibility.md from tests beside others' programs, on Linux 6.1 and on two nodes; minutes (root)
	@$(NODE_TEST) --test-reporter=spec --test-reporter-destination=stdout \
		--test-reporter=./e2e/src/compatibility/reporter.ts --test-reporter-destination=build/compatibility.md \
		e2e/test/neighbours.test.ts e2e/test/shadowed.test.ts e2e/test/guest.test.ts 'e2e/cluster/**/*.test.ts'
	@cp build/compatibility.md docs/compatibility.md

.PHONY: test-6.1
test-6.1: machine build ## Packet tables and live traffic under an emulated Linux 6.1 (root)
	@$(NODE_TEST) e2e/test/guest.test.ts

.PHONY: test
test: machine check kube images ## Everything: set-up, build, checks, all tests that are not slow (root); what CI runs
	@$(NODE_TEST) $(PURE_TESTS) $(KERNEL_TESTS) $(LIVE_TESTS) $(API_TESTS) $(IMAGE_TESTS)

.PHONY: fuzz
fuzz: machine build ## Hold the datapath to a reference parser: make fuzz [CORPUS=DIR] [SECONDS=60] [LIVE=5000] [SEED=N] (root)
	@node packages/fuzz/src/main.ts $(if $(CORPUS),--corpus '$(CORPUS)') \
		$(if $(SECONDS),--seconds '$(SECONDS)') $(if $(LIVE),--live '$(LIVE)') $(if $(SEED),--seed '$(SEED)')

.PHONY: fuzz-names
fuzz-names: machine build ## Hold the name matcher to its reference: make fuzz-names [PAIRS=5000000] [SEED=N] [SET=N] (root)
	@node packages/datapath/scripts/fuzz-names.ts $(if $(PAIRS),--pairs '$(PAIRS)') \
		$(if $(SEED),--seed '$(SEED)') $(if $(SET),--set '$(SET)')

.PHONY: oracle
oracle: machine build ## Hold the datapath to what policies mean: make oracle [CASES=2000000] [SEED=N] (root)
	@node packages/oracle/src/main.ts $(if $(CASES),--cases '$(CASES)') $(if $(SEED),--seed '$(SEED)')

.PHONY: bench
bench: machine build ## Measure, and print each figure beside its goal (root)
	@node bench/src/main.ts

.PHONY: bench-names
bench-names: machine build ## Measure reading and matching a name from 10 to 100,000 selectors (root)
	@node bench/src/name-index.ts

.PHONY: sim
sim: machine build ## A cluster as the operator sees it: make sim [NODES=1000] [ROUNDS=200]; figures beside goals (root)
	@node e2e/src/sim/main.ts $(if $(NODES),--nodes '$(NODES)') $(if $(ROUNDS),--rounds '$(ROUNDS)')

# What kernel work needs of the machine, beside tools.
.PHONY: machine
machine: setup
	@bash scripts/machine.sh
