// From proto/namewall/v1/admin.proto; written by `make generate`.


export interface NodesRequest {
}

export interface NodesRequest__Output {
}
