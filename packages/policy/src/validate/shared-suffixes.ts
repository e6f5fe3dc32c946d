/**
 * Domains under which anybody can get a name: clouds, CDNs, hosting. Not complete, and a warning only.
 * Sorted. Public suffixes with a country's second level (co.uk) are here for the same reason.
 */
export const SHARED_SUFFIXES: ReadonlySet<string> = new Set([
  'akamaiedge.net',
  'akamaihd.net',
  'akamaized.net',
  'amazonaws.com',
  'amazonaws.com.cn',
  'appspot.com',
  'aws.dev',
  'azure.com',
  'azure.net',
  'azureedge.net',
  'azurefd.net',
  'azurewebsites.net',
  'backblazeb2.com',
  'blogspot.com',
  'cdn77.org',
  'cloudapp.azure.com',
  'cloudapp.net',
  'cloudflare.net',
  'cloudflarestorage.com',
  'cloudfront.net',
  'cloudfunctions.net',
  'co.jp',
  'co.uk',
  'com.au',
  'com.br',
  'digitaloceanspaces.com',
  'duckdns.org',
  'edgekey.net',
  'edgesuite.net',
  'elasticbeanstalk.com',
  'fastly.net',
  'fastlylb.net',
  'firebaseapp.com',
  'fly.dev',
  'github.io',
  'githubusercontent.com',
  'gitlab.io',
  'googleapis.com',
  'googleusercontent.com',
  'herokuapp.com',
  'linodeobjects.com',
  'myshopify.com',
  'netlify.app',
  'ngrok.app',
  'ngrok.io',
  'nip.io',
  'onrender.com',
  'oraclecloud.com',
  'pages.dev',
  'r2.dev',
  'render.com',
  'run.app',
  'sslip.io',
  'storage.googleapis.com',
  'trafficmanager.net',
  'vercel.app',
  'wasabisys.com',
  'web.app',
  'windows.net',
  'workers.dev',
]);

/** Whether names right under a domain, or its region or service below it, are open to everybody. */
export function isSharedSuffix(suffix: string): boolean {
  if (!suffix.includes('.') || SHARED_SUFFIXES.has(suffix)) return true;
  // s3.eu-west-1.amazonaws.com, blob.core.windows.net: services of a provider, shared by all its tenants
  return [...PROVIDERS].some((provider) => suffix.endsWith(`.${provider}`));
}

export const PROVIDERS: ReadonlySet<string> = new Set(['amazonaws.com', 'amazonaws.com.cn', 'core.windows.net']);
