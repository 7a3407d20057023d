using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using TorchSharp;

namespace BranchGrpo.Kit.Native;

/// <summary>Loads libtorch and TorchSharp's native library before TorchSharp looks for them.</summary>
/// <remarks>On Linux x64 libtorch comes from <c>BRANCHGRPO_LIBTORCH</c>, the program's folder or the NuGet cache, so that no half a gigabyte is
/// copied per
/// output folder, and systems whose C++ library lacks GLIBCXX_3.4.32 get a patched copy of the shim. Elsewhere TorchSharp's packages load
/// themselves.</remarks>
public static partial class LibTorch
{
    private const int Now = 2, Global = 0x100;
    private static readonly Lock Gate = new();
    private static volatile LibTorchReport? report;
    private static nint shim;

    /// <summary>Which libtorch the process uses. Loads it if need be.</summary>
    public static LibTorchReport Report
    {
        get
        {
            Load();
            return report!;
        }
    }

    /// <summary>Loads libtorch once; further calls do nothing. After a failure nothing is loaded and the call can be repeated.</summary>
    /// <exception cref="LibTorchNotFoundException">The message says what was looked for, what was found and what to do.</exception>
    public static void Load()
    {
        if (report is not null) return;
        lock (Gate)
        {
            if (report is not null) return;
            report = OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64 && !HasCudaPackage()
                ? LoadOnLinux()
                : new("", "TorchSharp package", "2.10.0", "", false);
        }
    }

    // Runs when anything of this assembly is first touched. A failure waits for Load, which says it clearly.
    [ModuleInitializer]
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Usage", "CA2255", Justification = "torch must find its libraries loaded, whoever touches it first")]
    internal static void Initialise()
    {
        try
        {
            Load();
        }
        catch (LibTorchNotFoundException)
        {
        }
    }

    /// <summary>Makes this assembly initialise itself, which loads libtorch where it can be found. Never throws: what is missing is said by <see
    /// cref="Load"/>.</summary>
    public static void Touch()
    {
    }

    private static LibTorchReport LoadOnLinux()
    {
        var (folder, source, version) = LibTorchLocator.Find();
        var library = LibTorchLocator.FindShim();
        if (Loaded() is { } loaded && Path.GetFullPath(folder) != loaded && Real(folder) != Real(loaded))
            throw new LibTorchNotFoundException($"{LibTorchLocator.Variable} asks for {folder}, but this process has loaded {loaded} already. "
                + "Call LibTorch.Load() before the first use of torch, or start a new process.");
        if (Environment.GetEnvironmentVariable("OMP_WAIT_POLICY") is null) setenv("OMP_WAIT_POLICY", "PASSIVE", 0);   // spinning threads starve each other
        foreach (var pattern in new[] { "libgomp*.so*", "libc10.so", "libtorch_cpu.so", "libc10_cuda.so", "libtorch_cuda.so", "libtorch.so" })
            foreach (var file in Directory.GetFiles(folder, pattern).Order())
                if (dlopen(file, Now | Global) == 0)
                    throw new LibTorchNotFoundException($"{file} does not load: {Marshal.PtrToStringUTF8(dlerror())}. "
                        + "Its CUDA packages must stand beside it, as pip installs them; reinstall it or choose another libtorch.");
        var patched = !NativeLibrary.TryLoad(library, out shim);
        if (patched) shim = NativeLibrary.Load(library = PatchedCopy(library));
        try
        {
            NativeLibrary.SetDllImportResolver(typeof(torch).Assembly, (name, _, _) => name == "LibTorchSharp" ? shim : 0);
        }
        catch (InvalidOperationException)
        {
            // The host set a resolver of its own; it finds the library by the name that is loaded now.
        }
        return new(folder, source, version, library, patched);
    }

    private static string PatchedCopy(string original)
    {
        var image = File.ReadAllBytes(original);
        if (ElfVersionNeed.Weaken(image, "GLIBCXX_3.4.32") == 0) NativeLibrary.Load(original);      // another cause: let the linker say which
        var name = $"libLibTorchSharp-{Convert.ToHexString(SHA256.HashData(image))[..16]}";
        foreach (var home in CacheFolders())
        {
            var target = Path.Combine(home, name, "libLibTorchSharp.so");
            try
            {
                if (File.Exists(target)) return target;
                WholeFile.Write(target, temporary => File.WriteAllBytes(temporary, image));
                return target;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Read-only home: the next folder.
            }
        }
        throw new LibTorchNotFoundException($"No folder to write a patched libLibTorchSharp.so to: tried {string.Join(", ", CacheFolders())}. "
            + "Set XDG_CACHE_HOME to a writable folder.");
    }

    private static IEnumerable<string> CacheFolders()
    {
        var cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        yield return Path.Combine(string.IsNullOrEmpty(cache) ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile),
            ".cache") : cache, "branchgrpo");
        yield return Path.Combine(Path.GetTempPath(), $"branchgrpo-{Environment.UserName}");
    }

    // Folder of the libtorch that is in the process already, if any.
    private static string? Loaded() => File.ReadLines("/proc/self/maps")
        .Where(line => line.EndsWith("/libtorch_cpu.so", StringComparison.Ordinal))
        .Select(line => Path.GetDirectoryName(line[line.IndexOf('/')..])).FirstOrDefault();

    private static string Real(string folder) =>
        Path.GetDirectoryName(File.ResolveLinkTarget(Path.Combine(folder, "libtorch_cpu.so"), returnFinalTarget: true)?.FullName ?? Path.Combine(folder, "x"))!;

    // A build with -p:TorchBackend=cuda brings its own libraries, which TorchSharp finds by itself.
    private static bool HasCudaPackage() =>
        typeof(LibTorch).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Any(a => a is { Key: "TorchBackend", Value: "cuda" })
        && string.IsNullOrEmpty(Environment.GetEnvironmentVariable(LibTorchLocator.Variable));

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint dlopen(string path, int flags);

    [LibraryImport("libc")]
    private static partial nint dlerror();

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int setenv(string name, string value, int overwrite);
}
