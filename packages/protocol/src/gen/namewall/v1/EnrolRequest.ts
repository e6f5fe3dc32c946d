// From proto/namewall/v1/enrolment.proto; written by `make generate`.


export interface EnrolRequest {
  'token'?: (string);
  'csr'?: (Uint8Array);
}

export interface EnrolRequest__Output {
  'token': (string);
  'csr': (Buffer);
}
