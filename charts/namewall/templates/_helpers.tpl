{{- define "namewall.labels" -}}
app.kubernetes.io/name: namewall
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{/* Labels that select pods: they must never change. Takes (list . "operator"). */}}
{{- define "namewall.selector" -}}
app.kubernetes.io/name: namewall
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{- define "namewall.tag" -}}
{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{/* Names are fixed: operator and agents find each other, the CA and the Lease by them. */}}
{{- define "namewall.operator" -}}namewall-operator{{- end }}
{{- define "namewall.agent" -}}namewall-agent{{- end }}
{{- define "namewall.caSecret" -}}{{ .Values.certificates.existingSecret | default "namewall-ca" }}{{- end }}

{{/* MiB of the kernel's maps: octets an entry, as the datapath declares them, times how many there are. */}}
{{- define "namewall.mapsMi" -}}
{{- $octets := 0 -}}
{{- range (.Files.Get "files/map-sizes.yaml" | fromYaml).maps -}}
{{- $entries := index $.Values.agent.sizes .size | default .entries -}}
{{- $octets = add $octets (mul $entries .times .octets) -}}
{{- end -}}
{{ div (add $octets 1048575) 1048576 }}
{{- end }}

{{- define "namewall.otel" -}}
{{- if .Values.telemetry.otlpEndpoint }}
- {name: OTEL_EXPORTER_OTLP_ENDPOINT, value: {{ .Values.telemetry.otlpEndpoint | quote }}}
- {name: OTEL_TRACES_SAMPLER, value: parentbased_traceidratio}
- {name: OTEL_TRACES_SAMPLER_ARG, value: {{ .Values.telemetry.sampleRatio | quote }}}
{{- end }}
{{- end }}
