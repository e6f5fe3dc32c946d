// From proto/namewall/v1/observer.proto; written by `make generate`.


export interface StatusRequest {
}

export interface StatusRequest__Output {
}
