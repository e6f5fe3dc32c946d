// From proto/namewall/v1/replicas.proto; written by `make generate`.


export interface ReportsEnded {
}

export interface ReportsEnded__Output {
}
