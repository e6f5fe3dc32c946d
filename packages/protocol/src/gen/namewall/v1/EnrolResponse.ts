// From proto/namewall/v1/enrolment.proto; written by `make generate`.


export interface EnrolResponse {
  'certificate'?: (string);
  'caBundle'?: (string);
}

export interface EnrolResponse__Output {
  'certificate': (string);
  'caBundle': (string);
}
