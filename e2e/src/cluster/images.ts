import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { mustRun } from '../lab/command.ts';
import type { RunDirectory } from '../lab/run-directory.ts';

export const PAUSE = 'local/pause:1';
export const DIAL = 'local/dial:1';
const COREDNS = 'local/coredns:1';

const MADE = path.resolve(import.meta.dirname, '../../../build/images');

/** Puts the archives that every node imports into `images/` of the run directory. @param coredns the binary */
export async function gatherImages(run: RunDirectory, coredns: string): Promise<void> {
  mkdirSync(run.file('images'));
  await archive(run, PAUSE, await compile(run, 'pause'));
  await archive(run, DIAL, await compile(run, 'dial'));
  await archive(run, COREDNS, coredns);
  for (const name of ['operator', 'agent']) {
    const made = path.join(MADE, `namewall-${name}.oci.tar`);
    if (!existsSync(made)) throw new Error(`${made} is missing; make it with: make images`);
    cpSync(made, run.file('images', `namewall-${name}.tar`));
  }
}

/** A static program of one C file. @returns its path */
async function compile(run: RunDirectory, name: string): Promise<string> {
  const program = run.file(name);
  const source = path.join(import.meta.dirname, `${name}.c`);
  await mustRun(['musl-gcc', '-static', '-Os', '-s', '-Wall', '-Werror', '-o', program, source]);
  return program;
}

/** An image of one static program, in the format of `docker save`. */
async function archive(run: RunDirectory, reference: string, program: string): Promise<void> {
  const name = path.basename(program);
  const folder = run.file('made', name);
  const root = path.join(folder, 'root');
  mkdirSync(root, { recursive: true });
  cpSync(program, path.join(root, name));
  const layer = path.join(folder, 'layer.tar');
  await mustRun(['tar', '--create', `--file=${layer}`, '--owner=0', '--group=0', `--directory=${root}`, '.']);
  const config = {
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    config: { Entrypoint: [`/${name}`] },
    rootfs: { type: 'layers', diff_ids: [`sha256:${sha256(readFileSync(layer))}`] },
  };
  const manifest = [{ Config: 'config.json', RepoTags: [reference], Layers: ['layer.tar'] }];
  writeFileSync(path.join(folder, 'config.json'), JSON.stringify(config));
  writeFileSync(path.join(folder, 'manifest.json'), JSON.stringify(manifest));
  const files = ['manifest.json', 'config.json', 'layer.tar'];
  await mustRun(['tar', '--create', `--file=${run.file('images', `${name}.tar`)}`, `--directory=${folder}`, ...files]);
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
