package main

import (
	"context"
	"os"
	"sync"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Where batches are appended to.
type linesConfig struct {
	Path string `mapstructure:"path"`
}

// Appends each batch of traces to a file, as one line of OTLP's JSON.
func linesFactory() exporter.Factory {
	create := func(ctx context.Context, set exporter.Settings, config component.Config) (exporter.Traces, error) {
		var mutex sync.Mutex
		var marshaler ptrace.JSONMarshaler
		push := func(_ context.Context, traces ptrace.Traces) error {
			line, err := marshaler.MarshalTraces(traces)
			if err != nil {
				return err
			}
			mutex.Lock()
			defer mutex.Unlock()
			file, err := os.OpenFile(config.(*linesConfig).Path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
			if err != nil {
				return err
			}
			defer file.Close()
			_, err = file.Write(append(line, '\n'))
			return err
		}
		return exporterhelper.NewTraces(ctx, set, config, push)
	}
	return exporter.NewFactory(
		component.MustNewType("lines"),
		func() component.Config { return &linesConfig{} },
		exporter.WithTraces(create, component.StabilityLevelStable),
	)
}
