using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using BranchGrpo.Kit.Native;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Policies;

/// <summary>Prompt embeddings on disk, so that the text encoders need not be in memory while a policy is trained: one safetensors file per prompt, named
/// by the hash of encoders and prompt.</summary>
/// <remarks>Each file is written whole or not at all, so a fill that was stopped goes on where it was, and several may fill one folder.</remarks>
/// <param name="folder">Made if needed; caches of several pipelines may share it.</param>
/// <param name="encoders">Identifies the encoders and their settings: <see cref="Fingerprint"/>.</param>
public sealed class PromptCache(string folder, string encoders)
{
    private const string TokensName = "tokens", PooledName = "pooled", PromptKey = "prompt", EncodersKey = "encoders";

    /// <summary>Where the files are.</summary>
    public string Folder { get; } = folder;

    /// <summary>The file of a prompt, whether it is there or not.</summary>
    public string FileOf(string prompt) =>
        Path.Combine(Folder, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(encoders + "\n" + prompt)))[..32] + ".safetensors");

    /// <summary>The prompts that are not there yet, each once.</summary>
    public IReadOnlyList<string> Missing(IEnumerable<string> prompts) => [.. prompts.Distinct().Where(p => !File.Exists(FileOf(p)))];

    /// <summary>Embeds what is missing. The encoders are loaded only if something is, and freed before this returns.</summary>
    /// <param name="prompts">Repetitions count once.</param>
    /// <param name="load">Loads the encoders.</param>
    /// <param name="progress">Told after every prompt.</param>
    /// <param name="stop">Looked at between prompts; what was embedded stays.</param>
    public void Fill(IEnumerable<string> prompts, Func<PromptEncoder> load, IProgress<PromptProgress>? progress = null, CancellationToken stop = default)
    {
        var missing = Missing(prompts);
        if (missing.Count == 0 || stop.IsCancellationRequested) return;
        using var encoder = load();
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < missing.Count && !stop.IsCancellationRequested; i++)
        {
            using var quiet = no_grad();
            using var scope = NewDisposeScope();
            using var embedding = encoder.Encode(missing[i]);
            SafeTensors.Write(FileOf(missing[i]), [new(TokensName, embedding.Tokens), new(PooledName, embedding.Pooled)],
                new Dictionary<string, string> { [PromptKey] = missing[i], [EncodersKey] = encoders });
            progress?.Report(new(i + 1, missing.Count, clock.Elapsed / (i + 1) * (missing.Count - i - 1)));
        }
    }

    /// <summary>The embeddings of prompts, one row each.</summary>
    /// <param name="prompts">In any order, repeated or not.</param>
    /// <param name="dtype">Type of the result.</param>
    /// <param name="device">Place of the result.</param>
    /// <returns>Tokens [P, tokens, joint width] and pooled [P, width]; the caller owns it.</returns>
    /// <exception cref="FileNotFoundException">A prompt was not embedded; the message says how to.</exception>
    /// <exception cref="InvalidDataException">A file is damaged or holds another prompt.</exception>
    public Conditioning Read(IReadOnlyList<string> prompts, ScalarType dtype, Device device)
    {
        using var scope = NewDisposeScope();
        var rows = prompts.Distinct().ToDictionary(p => p, Read);
        try
        {
            Tensor Stack(string name) => stack([.. prompts.Select(p => rows[p].Tensors[name])], 0).to(dtype, device).DetachFromDisposeScope();      // [P, …]
            return new Conditioning(Stack(TokensName), Stack(PooledName));
        }
        finally
        {
            foreach (var file in rows.Values) file.Dispose();
        }
    }

    private SafeTensorFile Read(string prompt)
    {
        var path = FileOf(prompt);
        if (!File.Exists(path))
            throw new FileNotFoundException($"There is no embedding of \"{prompt}\" in {Folder}. Embed prompts before they are used: PromptCache.Fill, "
                + "or 'branchgrpo models embed'.", path);
        var file = SafeTensors.Read(path);
        if (file.Metadata.GetValueOrDefault(PromptKey) == prompt && file.Metadata.GetValueOrDefault(EncodersKey) == encoders
            && file.Tensors.TryGetValue(TokensName, out var tokens) && tokens.dim() == 2 && file.Tensors.TryGetValue(PooledName, out var pooled)
            && pooled.dim() == 1) return file;
        file.Dispose();
        throw new InvalidDataException($"{path} is not the embedding of \"{prompt}\" by these encoders; delete it, and it will be made anew.");
    }

    /// <summary>A text that tells encoders apart without reading gigabytes: settings, names and sizes of files, and 64 KiB of each file's beginning,
    /// middle and end.</summary>
    /// <param name="settings">What else decides the embedding, such as the number of tokens.</param>
    /// <param name="folders">Folders of encoders and tokenizers, or single files.</param>
    public static string Fingerprint(string settings, IEnumerable<string> folders)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var sample = new byte[1 << 16];
        foreach (var file in folders.SelectMany(f => File.Exists(f) ? (string[])[f] : [.. Directory.GetFiles(f).Order(StringComparer.Ordinal)]))
        {
            using var stream = File.OpenRead(file);
            hash.AppendData(Encoding.UTF8.GetBytes($"{Path.GetFileName(Path.GetDirectoryName(file))}/{Path.GetFileName(file)} {stream.Length}\n"));
            foreach (var start in new[] { 0, (stream.Length - sample.Length) / 2, stream.Length - sample.Length })
            {
                stream.Position = Math.Max(0, start);
                hash.AppendData(sample, 0, stream.ReadAtLeast(sample, sample.Length, throwOnEndOfStream: false));
            }
        }
        return $"{settings} {Convert.ToHexStringLower(hash.GetHashAndReset())[..16]}";
    }
}

/// <summary>How far a fill has come.</summary>
/// <param name="Done">Prompts embedded in this call.</param>
/// <param name="Total">Prompts to embed in this call.</param>
/// <param name="TimeLeft">At the mean pace so far.</param>
public sealed record PromptProgress(int Done, int Total, TimeSpan TimeLeft);
