using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using BranchGrpo.Kit.Native;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Tests;

public partial class NativeTests
{
    private static string Root => Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "..", ".."));

    [Fact]
    public void Libtorch_is_found_loaded_and_reported()
    {
        var report = LibTorch.Report;
        if (!OperatingSystem.IsLinux()) return;
        Assert.True(File.Exists(Path.Combine(report.Folder, "libtorch_cpu.so")));
        Assert.StartsWith("2.", report.Version);
        Parallel.For(0, 8, _ => LibTorch.Load());
    }

    [Theory]
    [InlineData(null, "does not exist")]
    [InlineData("", "no libtorch_cpu.so")]
    [InlineData("__version__ = '2.9.1+cpu'", "libtorch 2.9")]
    [InlineData("__version__ = '2.13.0'", "2.10 to 2.12")]
    [InlineData("nothing", "which version")]
    public void A_wrong_folder_or_version_is_explained_before_anything_is_loaded(string? version, string says)
    {
        var folder = Directory.CreateTempSubdirectory().FullName;
        if (version is { Length: > 0 })
        {
            Directory.CreateDirectory(Path.Combine(folder, "lib"));
            File.WriteAllText(Path.Combine(folder, "lib", "libtorch_cpu.so"), "");
            File.WriteAllText(Path.Combine(folder, "version.py"), version);
        }
        var error = Assert.Throws<LibTorchNotFoundException>(() => Located(version is null ? folder + "-absent" : folder));
        Assert.Contains(says, error.Message);
        Assert.Contains("BRANCHGRPO_LIBTORCH", error.Message);
    }

    [Theory]
    [InlineData("torch/lib")]
    [InlineData("torch")]
    [InlineData("")]
    public void An_existing_pytorch_is_accepted_by_any_of_its_folders(string chosen)
    {
        var site = Directory.CreateTempSubdirectory().FullName;
        Directory.CreateDirectory(Path.Combine(site, "torch", "lib"));
        File.WriteAllText(Path.Combine(site, "torch", "lib", "libtorch_cpu.so"), "");
        File.WriteAllText(Path.Combine(site, "torch", "version.py"), "__version__ = '2.11.0+cu130'\n");
        var (folder, _, version) = Located(Path.Combine(site, chosen));
        Assert.Equal((Path.Combine(site, "torch", "lib"), "2.11"), (Path.GetFullPath(folder), version));
    }

    private static (string Folder, string Source, string Version) Located(string chosen)
    {
        var before = Environment.GetEnvironmentVariable(LibTorchLocator.Variable);
        Environment.SetEnvironmentVariable(LibTorchLocator.Variable, chosen);
        try
        {
            return LibTorchLocator.Find();
        }
        finally
        {
            Environment.SetEnvironmentVariable(LibTorchLocator.Variable, before);
        }
    }

    [Fact]
    public void The_newer_version_need_is_marked_weak_and_nothing_else_changes()
    {
        if (!OperatingSystem.IsLinux()) return;
        var original = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native", "libLibTorchSharp.so"));
        var image = original.ToArray();
        Assert.Equal(1, ElfVersionNeed.Weaken(image, "GLIBCXX_3.4.32"));
        var changed = Enumerable.Range(0, image.Length).Where(i => image[i] != original[i]).ToArray();
        Assert.Equal(2, image[Assert.Single(changed)]);
        Assert.Equal(image, File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "libLibTorchSharp.so")));   // the build's patch is the same
        Assert.Equal(0, ElfVersionNeed.Weaken(image, "GLIBCXX_9.9"));
        Assert.Throws<BadImageFormatException>(() => ElfVersionNeed.Weaken(new byte[100], "x"));
    }

    [Theory]
    [InlineData("cpu", "TorchSharp")]
    [InlineData("cuda", "TorchSharp-cuda-linux")]
    public void The_backend_chooses_the_package(string backend, string package)
    {
        if (!OperatingSystem.IsLinux()) return;
        var (code, output) = MsBuild("-getItem:PackageReference", $"-p:TorchBackend={backend}");
        Assert.Equal(0, code);
        Assert.Contains($"\"{package}\"", output);
    }

    [Fact]
    public void An_unknown_backend_is_a_build_error() =>
        Assert.Contains("must be cpu or cuda", MsBuild("-t:CheckTorchBackend", "-p:TorchBackend=rocm").Output);

    private static (int Code, string Output) MsBuild(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var a in (string[])["msbuild", Path.Combine(Root, "src", "BranchGrpo.Kit", "BranchGrpo.Kit.csproj"), .. arguments]) start.ArgumentList.Add(a);
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output.Result + errors);
    }

    [Fact]
    public void Tensors_survive_a_file_whatever_their_type()
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory().FullName, "deep", "x.safetensors");
        Dictionary<string, Tensor> all = new()
        {
            ["f64"] = randn(3, 2, dtype: float64), ["f32"] = randn(5), ["f16"] = randn(4).to(float16), ["bf16"] = randn(4).to(bfloat16), ["i64"] = arange(7),
            ["i32"] = arange(3, dtype: int32), ["u8"] = arange(3).to(uint8), ["bool"] = tensor(new[] { true, false }), ["scalar"] = tensor(2.5f),
            ["none"] = zeros(0, 3),
            ["strided"] = randn(4, 3).t(),
        };
        SafeTensors.Write(path, all, new Dictionary<string, string> { ["made"] = "by hand" });
        using var file = SafeTensors.Read(path);
        Assert.Equal(all.Keys.Order(), file.Tensors.Keys.Order());
        foreach (var (name, tensor) in all)
        {
            Assert.Equal((tensor.dtype, string.Join(',', tensor.shape)), (file.Tensors[name].dtype, string.Join(',', file.Tensors[name].shape)));
            Assert.True(tensor.equal(file.Tensors[name]).all().item<bool>(), name);
        }
        Assert.Equal("by hand", file.Metadata["made"]);
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(path)!));
    }

    [Fact]
    public void Damaged_files_say_what_was_expected()
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory().FullName, "x.safetensors");
        SafeTensors.Write(path, new Dictionary<string, Tensor> { ["w"] = randn(100) });
        var whole = File.ReadAllBytes(path);
        void Damaged(byte[] bytes, string says)
        {
            File.WriteAllBytes(path, bytes);
            var error = Assert.Throws<InvalidDataException>(() => SafeTensors.Read(path));
            Assert.Contains(says, error.Message);
            Assert.Contains(path, error.Message);
        }
        Damaged(whole[..5], "8-byte header length");
        Damaged(whole[..^40], "outside the file");
        Damaged([.. whole, 1, 2], "expected 400 bytes of tensors");
        Damaged(Encoding.UTF8.GetBytes("this is not a tensor file at all, but a sentence"), "expected a header");
        Damaged([.. whole[..8], .. Encoding.UTF8.GetBytes(new string('x', whole.Length - 8))], "not a whole safetensors file");
        Assert.Throws<FileNotFoundException>(() => SafeTensors.Read(path + ".absent"));
    }

    [Fact]
    public void Weights_of_another_network_are_refused_whole()
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory().FullName, "x.safetensors");
        using var small = new GaussianFlow(3, 1);
        using var large = new GaussianFlow(4, 2);
        SafeTensors.Write(path, small.Network.state_dict());
        Assert.Contains("expected [4], found [3]", Assert.Throws<InvalidDataException>(() => SafeTensors.LoadInto(large.Network, path)).Message);
        Assert.Equal(2, large.Mean[0].item<double>());
        SafeTensors.LoadInto(new GaussianFlow(3).Network, path);
    }

    [Fact]
    public void Products_with_wrong_shapes_throw_instead_of_ending_the_process()
    {
        Assert.Contains("inner axes 3 and 4", Assert.Throws<ArgumentException>(() => Ops.MatMul(ones(2, 3), ones(4, 5))).Message);
        Assert.Contains("broadcast", Assert.Throws<ArgumentException>(() => Ops.MatMul(ones(2, 1, 3), ones(5, 3, 1))).Message);
        Assert.Contains("two axes", Assert.Throws<ArgumentException>(() => Ops.MatMul(ones(3), ones(3, 1))).Message);
        Assert.Contains("types", Assert.Throws<ArgumentException>(() => Ops.MatMul(ones(1, 3), ones(3, 1, dtype: float64))).Message);
        Assert.Equal([6f, 6], Ops.MatMul(ones(2, 1, 3), ones(3, 1) * 2).data<float>().ToArray());
    }

    [Fact]
    public void Gradients_leave_earlier_ones_alone()
    {
        using var x = tensor(new[] { 1.0, 2 }, requires_grad: true);
        using var unused = tensor(new[] { 5.0 }, requires_grad: true);
        x.grad = tensor(new[] { 9.0, 9 });
        var gradients = Ops.Gradients((x * x).sum(), [x, unused]);
        Assert.Equal([2, 4], gradients[0].data<double>().ToArray());
        Assert.Equal([0], gradients[1].data<double>().ToArray());
        Assert.Equal([9, 9], x.grad!.data<double>().ToArray());
    }

    [Fact]
    public void An_exception_in_a_custom_backward_comes_out_of_Backward()
    {
        using var x = tensor(new[] { 3.0 }, requires_grad: true);
        var square = new GuardedFunction(v => v * v, (v, g) => g * v * 2);
        Ops.Backward(square.Apply(x).sum());
        Assert.Equal(6, x.grad!.item<double>());
        var broken = new GuardedFunction(v => v * v, (_, _) => throw new InvalidTimeZoneException("on purpose"));
        Assert.Equal("on purpose", Assert.Throws<InvalidTimeZoneException>(() => Ops.Backward(broken.Apply(x).sum())).Message);
    }

    [Fact]
    public void An_exception_on_another_thread_is_not_lost()
    {
        // Where there is a GPU, libtorch calls the backward on a thread that knows nothing of the caller's context.
        using var x = tensor(new[] { 3.0 }, requires_grad: true);
        var elsewhere = new GuardedFunction(v => v * v, (v, g) =>
        {
            using (ExecutionContext.SuppressFlow())
            {
                var thread = new Thread(() => Ops.Guard(() => throw new InvalidTimeZoneException("on purpose"), 1));
                thread.Start();
                thread.Join();
            }
            return g * v * 2;
        });
        Assert.Throws<InvalidTimeZoneException>(() => Ops.Backward(elsewhere.Apply(x).sum()));
        Ops.Backward((x * x).sum());
    }

    [Fact]
    public void Training_reports_what_a_custom_backward_threw()
    {
        using var policy = new BrokenBackward();
        using var training = new GrpoTraining(policy, Recipes.Find("BranchGRPO", Geometry.Quick) with { Prompts = 1 }, seed: 1);
        Assert.Equal("on purpose", Assert.Throws<InvalidTimeZoneException>(() => training.Iterate(["a"], Plans.Near(1))).Message);
    }

    private sealed class BrokenBackward : FlowPolicy
    {
        private readonly GaussianFlow inner = new(8);
        private readonly GuardedFunction broken = new(v => v.clone(), (_, _) => throw new InvalidTimeZoneException("on purpose"));

        public override nn.Module Network => inner.Network;

        public override IReadOnlyList<long> LatentShape => inner.LatentShape;

        public override Conditioning Encode(IReadOnlyList<string> prompts) => inner.Encode(prompts);

        public override Tensor Velocity(Tensor latents, double sigma, Conditioning conditioning) =>
            broken.Apply(inner.Velocity(latents, sigma, conditioning));

        public override FlowPolicy Clone() => inner.Clone();
    }

    [Fact]
    public void No_source_file_uses_an_operation_that_can_end_the_process()
    {
        var files = Directory.GetFiles(Path.Combine(Root, "src"), "*.cs", SearchOption.AllDirectories).Where(f => !f.Contains("/obj/")
            && !f.EndsWith("Ops.cs") && !f.EndsWith("Recompute.cs")).ToArray();                    // its custom function is guarded by Ops
        Assert.True(files.Length > 50);
        Assert.DoesNotContain(files, f => Raw().IsMatch(File.ReadAllText(f)));
        Assert.Matches(Raw(), "var y = a.matmul(b);");
    }

    [GeneratedRegex(@"\bmatmul\(|autograd\.grad\(|TensorFunction<|set_rng_state\(|\.set_state\(|\.cummax\(|\.cummin\(|\.backward\(\)")]
    private static partial Regex Raw();
}
